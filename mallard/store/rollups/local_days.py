"""Days of time zones, and the files on which they rest: those of two or three days of UTC."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache

from mallard.model import Period
from mallard.store.parquet.partitions import ColdFile, Partitions, day_of
from mallard.store.parquet.statements import IN_SCOPE, rows_of
from mallard.zones.days import ONE_DAY, UTC, day_begins, is_skipped

Spans = tuple[tuple[datetime, datetime], ...]
"""Times from a moment on and before another."""


def one_day(day: date, zone: str) -> Period:
    """A day of a zone."""
    return Period(day, day + ONE_DAY, zone)


def days_within(day: date, zone: str) -> tuple[date, ...]:
    """The days of a zone that have a part of a day of UTC, ascending."""
    return (day,) if zone == UTC else _days_within(day, zone)


@lru_cache(maxsize=8192)
def _days_within(day: date, zone: str) -> tuple[date, ...]:
    near = [day + n * ONE_DAY for n in (-1, 0, 1) if date.min < day < date.max - ONE_DAY] or [day]
    return tuple(d for d in near if not is_skipped(d, zone) and day in one_day(d, zone).in_utc)


def local_days(tree: Partitions, site_id: str, zone: str) -> list[date]:
    """The days of a zone on which the site may have events in files, in no order."""
    days = tree.days(site_id)
    if zone == UTC:
        return days
    return list({local: None for day in days for local in days_within(day, zone)})


def by_day(files: Iterable[ColdFile], period: Period) -> dict[date, list[ColdFile]]:
    """To each day of a period those of the files on which it rests."""
    found: dict[date, list[ColdFile]] = {}
    for file in files:
        for day in days_within(day_of(file.path), period.zone):
            if day in period:
                found.setdefault(day, []).append(file)
    return found


def beside(files: Iterable[ColdFile], days: set[date], period: Period) -> list[ColdFile]:
    """The files on which other days of a period rest, too."""
    return [
        file
        for file in files
        if any(
            day in period and day not in days for day in days_within(day_of(file.path), period.zone)
        )
    ]


def marks(files: Iterable[ColdFile], day: Period) -> frozenset[str]:
    """What tells the files of one day from all others it ever had.

    Of a day that is none of UTC's, also when it begins and ends: that is another day elsewhere.
    """
    if day.zone == UTC:
        return frozenset(file.mark for file in files)
    return frozenset((_span(day), *(f"{file.path.parent.name} {file.mark}" for file in files)))


@lru_cache(maxsize=8192)
def _span(day: Period) -> str:
    return f"{day.zone} {day.begins_at} {day.ends_at}"


def are_of_utc(marked: frozenset[str]) -> bool:
    """Whether these are marks of a day of UTC; not of one that has none any more."""
    return bool(marked) and not any(mark.startswith("date=") for mark in marked)


def spans_of(days: Iterable[date], zone: str) -> Spans | None:
    """The times of some days; None for days of UTC, whose files are theirs alone."""
    if zone == UTC:
        return None
    found: list[tuple[datetime, datetime]] = []
    for day in sorted(days):
        begins, ends = day_begins(day, zone), day_begins(day + ONE_DAY, zone)
        if found and found[-1][1] == begins:
            begins = found.pop()[0]
        found.append((begins, ends))
    return tuple(found)


def is_within(spans: Spans) -> str:
    """The condition that a row is of one of these times."""
    tests = (
        f"timestamp >= timestamp '{begins}' and timestamp < timestamp '{ends}'"
        for begins, ends in spans
    )
    return f"({' or '.join(tests) or 'false'})"


def is_beside(spans: Spans) -> str:
    """The condition that a row is in scope, and of none of these times."""
    return f"{IN_SCOPE} and not {is_within(spans)}" if spans else IN_SCOPE


def rows_of_day(files: Sequence[ColdFile], day: Period) -> str:
    """The SELECT of the rows of a day's files that are of this day."""
    rows = rows_of([file.path for file in files])
    spans = spans_of([day.start], day.zone)
    return rows if spans is None else f"{rows} where {is_within(spans)}"
