"""All that reports see of the store: one SELECT over one moment, of events or of their rollups."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Protocol

from mallard.model import Period
from mallard.store.rollups.declared import Rollup

Row = tuple[Any, ...]
Statement = tuple[str, Mapping[str, Any]]
"""SQL, and what it binds."""


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
        instead: Statement | None = None,
        acquainted_since: date | None = None,
    ) -> list[Row]:
        """The rows of `sql`, which may select from `stored`: the site's events in the period.

        `sql` is a statement that continues a list of common table expressions. With a `rollup` it
        has to add up two parts: what it makes of `stored`, which then may lack some days, and
        `rolled`, the rollup's rows of just these days. Who would count twice in the sum is taken
        away once in `rolled`.

        Rows of a rollup `of_visitors` cannot be added up: `rolled` has all of them, and its SQL
        makes those of visitors whose events have to be read, which are `visitors_stored`.
        `$are_apart` is bound, and tells whether nobody is on two of the days.

        With a rollup that `asks_events` there is `all_stored` besides, which lacks no days.

        Props may be missing from `stored` in a report that `is_lean`.

        Where `stored` has many events, a statement over all of them may be asked `instead`, without
        the rollup; and so it is where the memory is not enough.

        Of the days before the one that is `acquainted_since`, those may be missing on which nobody
        was who was there on that day or later.
        """
