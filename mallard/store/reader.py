"""All that reports see of the store: one SELECT over one moment, of events or of their rollups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from mallard.model import Period
from mallard.store.rollups.declared import Rollup

Row = tuple[Any, ...]


class Reader(Protocol):
    """Runs one SELECT over one snapshot of what is stored."""

    def fetch(
        self,
        site_id: str,
        period: Period,
        sql: str,
        params: Mapping[str, Any],
        rollup: Rollup | None = None,
        is_lean: bool = False,
    ) -> list[Row]:
        """The rows of `sql`, which may select from `stored`: the site's events in the period.

        `sql` is a statement that continues a list of common table expressions. With a `rollup` it
        has to add up two parts: what it makes of `stored`, which then may lack some days, and
        `rolled`, the rollup's rows of just these days. Who would count twice in the sum is taken
        away once in `rolled`.

        Rows of a rollup `of_visitors` cannot be added up: `rolled` has those of some visitors on
        some days, `stored` all the events of the others. `$are_apart` is bound, and tells whether
        nobody is on two of the days.

        Props may be missing from the events of a report that `is_lean`.
        """
