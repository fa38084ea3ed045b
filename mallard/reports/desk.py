"""Where reports are asked for: pending events are brought in first, answers kept for a while."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import replace
from datetime import date
from inspect import signature
from typing import Any, Concatenate, ParamSpec, TypeVar

import duckdb

from mallard.remembered import Remembered
from mallard.reports.cache import ReportCache
from mallard.reports.first_day import first_day
from mallard.reports.imported import Adding, imported_days
from mallard.reports.kept import Question, can_tell
from mallard.reports.query import ALL_TIME, ReportQuery
from mallard.reports.timeseries import timeseries
from mallard.reports.together import Asked, answers, groups
from mallard.store.reader import Reader
from mallard.texts.said import said
from mallard.zones.days import UTC

HEAVY = frozenset(("funnel", "retention", "sequences", "flow", "flow_to", "flow_tree", "journeys"))
"""Reports of which only `max_concurrent_queries` run at a time."""

ANSWERS_OF_A_PAGE = 64
"""A site's page has some twenty; the list of sites asks each of its questions once anyway."""

P = ParamSpec("P")
T = TypeVar("T")


class TooBusy(Exception):
    """As many heavy reports as allowed are running already."""


class _Page:
    """What a page has asked so far, and whether what was pending then has been brought in."""

    def __init__(self) -> None:
        self.answers: Remembered[Any] = Remembered(ANSWERS_OF_A_PAGE)
        self._lock = threading.Lock()
        self._is_current = False
        self._groups: list[_Group] = []

    def expect(self, asked: Sequence[Asked]) -> None:
        """Says what will be asked."""
        self._groups += [_Group(group) for group in groups(asked)]

    def answered(self, asked: Asked, reader: Reader) -> _Group | None:
        """The answers of the group that a question is of, which come with the first of them.

        None where it has to be asked by itself: of no group, or of one that the memory is not
        enough for.
        """
        group = next((group for group in self._groups if asked in group.questions), None)
        return group if group and group.answer(reader) else None

    def bring_in(self, pending: Callable[[], object]) -> None:
        """Brings pending events in at the first call; who calls meanwhile waits for it."""
        with self._lock:
            if not self._is_current:
                pending()
                self._is_current = True


class _Group:
    """Questions that are answered together, once one of them is asked."""

    def __init__(self, questions: Mapping[Asked, Question]) -> None:
        self.questions = questions
        self.answers: Mapping[Asked, Any] = {}
        self._failure: Exception | None = None
        self._lock = threading.Lock()

    def answer(self, reader: Reader) -> bool:
        """Answers them all; who asks meanwhile waits for it. What fails, fails once for all.

        False where there is too little memory to answer them at once.
        """
        with self._lock:
            if not self.answers and not self._failure:
                try:
                    self.answers = answers(reader, self.questions)
                except Exception as failure:
                    self._failure = failure
            if self._failure and not isinstance(self._failure, duckdb.OutOfMemoryException):
                raise self._failure
            return self._failure is None


_PAGE: ContextVar[_Page | None] = ContextVar("page", default=None)


class ReportDesk:
    """Answers reports for every face of Mallard alike."""

    def __init__(
        self,
        reader: Reader,
        cache: ReportCache,
        bring_in_pending: Callable[[], object],
        has_events: Callable[[str], bool],
        max_heavy: int = 0,
        imported: Adding | None = None,
    ) -> None:
        self._reader = reader
        self._bring_in_pending = bring_in_pending
        self._has_events = has_events
        self._heavy_slots = threading.BoundedSemaphore(max_heavy) if max_heavy else None
        self._imported = imported
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

        def answer() -> T:
            return self.cache.get(
                query.site_id,
                key,
                lambda: self.look(report, query, *args, **kwargs),
                is_worth_keeping=lambda: self._has_events(query.site_id),
            )

        page = _PAGE.get()
        return page.answers.get(key, answer) if page else answer()

    def look(
        self,
        report: Callable[Concatenate[Reader, ReportQuery, P], T],
        query: ReportQuery,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """What `report` says about `query` at this moment: as `ask`, but never kept."""
        page = _PAGE.get()
        if page is None:
            self._bring_in_pending()
        else:
            page.bring_in(self._bring_in_pending)
            if can_tell(query):
                asked = Asked(report, query, _spelt_out(report, args, kwargs))
                if group := page.answered(asked, self._reader):
                    found: T = group.answers[asked]
                    return found
        with self._slot(report.__name__), self._with_imported(report.__name__, query) as whole:
            return report(self._reader, whole, *args, **kwargs)

    def first_day(self, site_id: str, zone: str = UTC) -> date:
        """The day since when a site has events or imported days; the end of days without any."""
        of_events = self.first_day_with_events(site_id, zone)
        return min(of_events, self._imported.first_day(site_id)) if self._imported else of_events

    def first_day_with_events(self, site_id: str, zone: str = UTC) -> date:
        """The day since when a site has events of its own; the end of days when it has none."""
        ever = replace(ALL_TIME, zone=zone)
        return self.ask(first_day, ReportQuery(site_id, ever)) or date.max

    def imported_days(self, query: ReportQuery) -> list[date]:
        """The days whose figures in reports of this question are imported ones."""
        is_any = self._imported is not None and self._imported.is_any(query.site_id)
        return self.ask(imported_days, query) if is_any else []

    @contextmanager
    def one_page(self) -> Iterator[None]:
        """Within it each question is answered once, and pending events are brought in once.

        It counts for what is asked in this context. What comes between two panels would make them
        differ, and cost the second what the first has found out.
        """
        token = _PAGE.set(_Page())
        try:
            yield
        finally:
            _PAGE.reset(token)

    def expect(self, asked: Sequence[Asked]) -> None:
        """Says what the page is going to ask, so that it can be answered together."""
        page = _PAGE.get()
        if page is not None:
            told = [one for one in asked if can_tell(one.query)]
            page.expect([replace(one, args=_spelt_out(one.report, one.args, {})) for one in told])

    def _with_imported(self, name: str, query: ReportQuery) -> AbstractContextManager[ReportQuery]:
        if self._imported is None:
            return nullcontext(query)
        return self._imported.to(name, query, self._days_seen)

    def _days_seen(self, query: ReportQuery) -> set[date]:
        """The days of a question on which there is an event."""
        found = timeseries(self._reader, query)
        return {date.fromisoformat(bucket.date) for bucket in found if bucket.visitors}

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
            raise TooBusy(said("too many reports of this kind are running; ask again in a moment"))


def _spelt_out(
    report: Callable[..., object], args: Sequence[object], kwargs: Mapping[str, object]
) -> tuple[Any, ...]:
    """The arguments, defaults included: what is one question is one key, however it was put."""
    asked = signature(report).bind(None, None, *args, **kwargs)
    asked.apply_defaults()
    return asked.args[2:]
