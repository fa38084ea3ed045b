"""Figures of days that were imported: which of them count, and what reports add of them.

They are added to reports without filters, by days alone: a day that has an event of its own takes
its events, and nothing is known of parts of a day. Visitors are added up as the other product has
counted them, day by day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol

from mallard.model import Period
from mallard.reports.conditions import Params
from mallard.reports.query import ReportQuery, Shares
from mallard.reports.sums import NOTHING, Sums
from mallard.store.reader import Reader

NO_DAYS = Period(date.min, date.min)
ONE_DAY = timedelta(days=1)
TOTAL = "total"

ADDING = frozenset(
    (
        "totals",
        "plain_totals",
        "timeseries",
        "session_series",
        "sessions",
        "breakdown",
        "by_dimensions",
        "breakdown_of",
        "breakdown_count",
        "listed",
        "listed_of",
        "export",
        "imported_days",
    )
)
"""Reports that add them; all others are of events alone."""

ROWS = """
select value, country_code, day, visitors, pageviews, visits, bounces, duration_secs, events
from read_parquet($imported_{n}, hive_partitioning = false)
where dimension = $dimension{of} and day in (select unnest($imported_days_{n}))
"""
OF_DAYS = """
of_days as ({rows})
select
    day,
    sum(visitors)::bigint,
    coalesce(sum(pageviews), 0)::bigint,
    coalesce(sum(visits), 0)::bigint,
    coalesce(sum(pageviews) filter (where visits is not null), 0)::bigint,
    coalesce(sum(bounces), 0)::bigint,
    coalesce(sum(visits) filter (where bounces is not null), 0)::bigint,
    coalesce(sum(duration_secs), 0)::bigint * 1000000,
    coalesce(sum(visits) filter (where duration_secs is not null), 0)::bigint
from of_days
group by day
"""


class Figures(Protocol):
    """The imported days that there are."""

    def has(self, site_id: str) -> bool:
        """Whether there are any of a site."""

    def days(self, site_id: str, period: Period) -> list[date]:
        """Those of a period, ascending."""

    def held(
        self, site_id: str, period: Period
    ) -> AbstractContextManager[tuple[tuple[Path, tuple[date, ...]], ...]]:
        """Files, each with those of its days that count; they stay meanwhile."""


def days_of(reader: Reader, query: ReportQuery) -> dict[date, Sums]:
    """The headline figures of each imported day that counts; none where nothing was imported."""
    if not query.imported:
        return {}
    rows, bound = relation(query, TOTAL)
    nothing_stored = replace(NO_DAYS, zone=query.period.zone)
    found = reader.fetch(query.site_id, nothing_stored, OF_DAYS.format(rows=rows), bound)
    return {day: Sums(*figures) for day, *figures in found}


def sum_of(reader: Reader, query: ReportQuery) -> Sums:
    """The same of all these days together."""
    return sum(days_of(reader, query).values(), NOTHING)


def relation(query: ReportQuery, dimension: str, of: str = "") -> tuple[str, Params]:
    """The SELECT of a dimension's rows on the days that count, and what it binds.

    With a name of its own, `of`, one can stand beside another.
    """
    bound: Params = {f"dimension{of}": dimension}
    for n, (file, days) in enumerate(query.imported):
        bound |= {f"imported_{n}": file, f"imported_days_{n}": list(days)}
    rows = (ROWS.format(n=n, of=of) for n in range(len(query.imported)))
    return " union all ".join(rows), bound


class Adding:
    """Tells of a question which imported days count, and keeps their files meanwhile."""

    def __init__(
        self, figures: Figures, days_with_events: Callable[[str, Period], list[date]]
    ) -> None:
        """`days_with_events` are UTC days on which a site has events."""
        self._figures = figures
        self._days_with_events = days_with_events

    def is_any(self, site_id: str) -> bool:
        """Whether anything was imported of a site."""
        return self._figures.has(site_id)

    def first_day(self, site_id: str) -> date:
        """The first imported day of a site; the end of days where there is none."""
        if not self._figures.has(site_id):
            return date.max
        return min(self._figures.days(site_id, Period(date.min, date.max)), default=date.max)

    @contextmanager
    def to(
        self, report: str, query: ReportQuery, seen: Callable[[ReportQuery], set[date]]
    ) -> Iterator[ReportQuery]:
        """The question with the days that count in it; `seen` tells local days with events."""
        if not may_count(report, query) or not self._figures.has(query.site_id):
            yield query
            return
        with self._figures.held(query.site_id, query.period) as shares:
            every = {day for _, days in shares for day in days}
            if query.until is not None:
                every.discard(query.last_day)
            counts = every - self._with_events(query, every, seen)
            found: Shares = tuple(
                (_literally(path), kept)
                for path, days in shares
                if (kept := tuple(day for day in days if day in counts))
            )
            yield replace(query, imported=found)

    def _with_events(
        self, query: ReportQuery, days: set[date], seen: Callable[[ReportQuery], set[date]]
    ) -> set[date]:
        """Those days that have events; only near one of UTC with events there can be any."""
        if not days:
            return set()
        span = Period(min(days) - ONE_DAY, max(days) + 2 * ONE_DAY)
        stored = self._days_with_events(query.site_id, span)
        near = {day + by * ONE_DAY for day in stored for by in (-1, 0, 1)} & days
        if not near:
            return set()
        of_them = Period(min(near), max(near) + ONE_DAY, query.period.zone)
        return near & seen(replace(query, period=of_them, interval="day", until=None))


def may_count(report: str, query: ReportQuery) -> bool:
    """Whether a report of this name can add imported days to what is asked."""
    return report in ADDING and query.with_imported and not query.filters


def _literally(path: Path) -> str:
    """The path as DuckDB reads it, none of its characters a wildcard."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in str(path))


def imported_days(_: Reader, query: ReportQuery) -> list[date]:
    """The days of the period whose figures were imported, ascending."""
    return sorted(day for _, days in query.imported for day in days)
