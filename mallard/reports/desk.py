"""Where reports are asked for: pending events are brought in first, answers kept for a while."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from inspect import signature
from typing import Concatenate, ParamSpec, TypeVar

from mallard.reports.cache import ReportCache
from mallard.reports.query import ReportQuery
from mallard.reports.scope import Reader

HEAVY = frozenset(("funnel", "retention", "sequences", "flow", "flow_to"))
"""Reports of which only `max_concurrent_queries` run at a time."""

P = ParamSpec("P")
T = TypeVar("T")


class TooBusy(Exception):
    """As many heavy reports as allowed are running already."""


class _Once:
    """Does something at the first call; who calls meanwhile waits for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_done = False

    def do(self, action: Callable[[], object]) -> None:
        with self._lock:
            if not self._is_done:
                action()
                self._is_done = True


_OF_PAGE: ContextVar[_Once | None] = ContextVar("of_page", default=None)


class ReportDesk:
    """Answers reports for every face of Mallard alike."""

    def __init__(
        self,
        reader: Reader,
        cache: ReportCache,
        bring_in_pending: Callable[[], object],
        has_events: Callable[[str], bool],
        max_heavy: int = 0,
    ) -> None:
        self._reader = reader
        self._bring_in_pending = bring_in_pending
        self._has_events = has_events
        self._heavy_slots = threading.BoundedSemaphore(max_heavy) if max_heavy else None
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
        Raises TooBusy when the report is a heavy one and as many as allowed are running.
        """
        key = (report.__name__, query, *_spelt_out(report, args, kwargs))
        return self.cache.get(
            query.site_id,
            key,
            lambda: self.look(report, query, *args, **kwargs),
            is_worth_keeping=lambda: self._has_events(query.site_id),
        )

    def look(
        self,
        report: Callable[Concatenate[Reader, ReportQuery, P], T],
        query: ReportQuery,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """What `report` says about `query` at this moment: as `ask`, but never kept."""
        of_page = _OF_PAGE.get()
        if of_page is None:
            self._bring_in_pending()
        else:
            of_page.do(self._bring_in_pending)
        with self._slot(report.__name__):
            return report(self._reader, query, *args, **kwargs)

    @contextmanager
    def one_page(self) -> Iterator[None]:
        """Brings pending events in before the first question of a page, and not again.

        It counts for what is asked in this context. What comes between two panels would make them
        differ, and cost the second what the first has found out.
        """
        token = _OF_PAGE.set(_Once())
        try:
            yield
        finally:
            _OF_PAGE.reset(token)

    @contextmanager
    def _slot(self, name: str) -> Iterator[None]:
        if name not in HEAVY or self._heavy_slots is None:
            yield
        elif self._heavy_slots.acquire(blocking=False):
            try:
                yield
            finally:
                self._heavy_slots.release()
        else:
            raise TooBusy("too many reports of this kind are running; ask again in a moment")


def _spelt_out(
    report: Callable[..., object], args: Sequence[object], kwargs: Mapping[str, object]
) -> tuple[object, ...]:
    """The arguments, defaults included: what is one question is one key, however it was put."""
    asked = signature(report).bind(None, None, *args, **kwargs)
    asked.apply_defaults()
    return asked.args[2:]
