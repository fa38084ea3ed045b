"""Where reports are asked for: pending events are brought in first, answers kept for a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from mallard.reports.cache import ReportCache
from mallard.reports.query import ReportQuery
from mallard.reports.scope import Reader

P = ParamSpec("P")
T = TypeVar("T")


class ReportDesk:
    """Answers reports for every face of Mallard alike."""

    def __init__(
        self,
        reader: Reader,
        cache: ReportCache,
        bring_in_pending: Callable[[], object],
        has_events: Callable[[str], bool],
    ) -> None:
        self._reader = reader
        self._bring_in_pending = bring_in_pending
        self._has_events = has_events
        self.cache = cache

    def ask(
        self,
        report: Callable[Concatenate[Reader, ReportQuery, P], T],
        query: ReportQuery,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """What `report` says about `query`: of every event accepted so far, or cached.

        The answers of a site without events are not kept: its first one should show at once.
        """
        key = (report.__name__, query, args, tuple(sorted(kwargs.items())))

        def compute() -> T:
            self._bring_in_pending()
            return report(self._reader, query, *args, **kwargs)

        return self.cache.get(
            query.site_id, key, compute, is_worth_keeping=lambda: self._has_events(query.site_id)
        )
