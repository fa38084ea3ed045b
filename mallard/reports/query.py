"""ReportQuery: the site, period, filters and limit of a report; `from_args` is the only parser."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from mallard.model import MAX_SITE_ID, SITE_ID_PATTERN, Period
from mallard.reports.arguments import Args, BadQuery, first
from mallard.reports.filters import Filter, parse_filters
from mallard.reports.parameters import (
    DEFAULT_LIMIT,
    END,
    FILTER,
    FIRST_ERASED,
    FROM,
    INTERVAL,
    LAST_ERASED,
    LIMIT,
    MAX_RANGE_DAYS,
    PERIOD,
    PERIOD_DAYS,
    SITE,
    START,
    TO,
)

ALL_TIME = Period(date.min, date.max)

_SITE_ID = re.compile(SITE_ID_PATTERN)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def is_site_id(text: str) -> bool:
    """Whether `text` may name a site: 1 to 256 of ASCII letters, digits and `.-_:`, no `..`."""
    return len(text) <= MAX_SITE_ID and _SITE_ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """One question about one site; hashable, so that it is the cache's key as it stands."""

    site_id: str
    period: Period
    interval: str = "day"
    limit: int = DEFAULT_LIMIT
    filters: tuple[Filter, ...] = ()

    @classmethod
    def from_args(cls, args: Args, today: date) -> ReportQuery:
        """The query that request arguments (name -> values) ask for on the UTC day `today`.

        Raises BadQuery, whose text names the argument at fault.
        """
        period, name = _period(args, today)
        return cls(
            site_id=_site_id(args),
            period=period,
            interval=INTERVAL.of(args, "hour" if name in ("day", "today") else "day"),
            limit=LIMIT.of(args),
            filters=_filters(args),
        )


def _site_id(args: Args) -> str:
    site_id = SITE.of(args)
    if not is_site_id(site_id):
        raise BadQuery("Invalid site_id")
    return site_id


def _period(args: Args, today: date) -> tuple[Period, str | None]:
    """The period asked for, and its name unless it came as dates."""
    name = PERIOD.of(args)
    start, end = START.of(args), END.of(args)
    if start is not None and end is not None:
        return dated_period(parsed_date(start, "start_date"), parsed_date(end, "end_date")), None
    tomorrow = today + timedelta(days=1)
    return Period(tomorrow - timedelta(days=PERIOD_DAYS[name]), tomorrow), name


def site_and_any_period(args: Args, today: date) -> tuple[str, Period]:
    """The site and the period, of any length, of an export; all of history when none is named.

    Raises BadQuery.
    """
    start, end = FROM.of(args), TO.of(args)
    if first(args, PERIOD.name) is not None and start is None and end is None:
        return _site_id(args), _period(args, today)[0]
    first_day = ALL_TIME.start if start is None else parsed_date(start, "start_date")
    last_day = ALL_TIME.end if end is None else parsed_date(end, "end_date")
    if last_day < first_day:
        raise BadQuery("end_date must not be before start_date")
    return _site_id(args), Period(first_day, last_day)


def site_and_inclusive_days(args: Args) -> tuple[str, date, date]:
    """The site, the first and the last day of an erasure, which all must be named.

    Raises BadQuery.
    """
    site_id = _site_id(args)
    first_day, last_day = (
        parsed_date(day.of(args), day.name) for day in (FIRST_ERASED, LAST_ERASED)
    )
    if last_day < first_day:
        raise BadQuery("end_date must not be before start_date")
    return site_id, first_day, last_day


def dated_period(start: date, end: date) -> Period:
    """The days from `start` to before `end`. Raises BadQuery when out of order or too many."""
    if end < start:
        raise BadQuery("end_date must not be before start_date")
    if (end - start).days > MAX_RANGE_DAYS:
        raise BadQuery(f"the range from start_date to end_date exceeds {MAX_RANGE_DAYS} days")
    return Period(start, end)


def parsed_date(text: str, name: str) -> date:
    """The day that the argument `name` spells as YYYY-MM-DD. Raises BadQuery."""
    try:
        if not _DATE.fullmatch(text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise BadQuery(f"{name} must be a date in the form YYYY-MM-DD") from None


def _filters(args: Args) -> tuple[Filter, ...]:
    try:
        return parse_filters(FILTER.of(args))
    except ValueError as error:
        raise BadQuery(str(error)) from None
