"""ReportQuery: the site, period, filters and limit of a report; `from_args` is the only parser."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from mallard.model import Period
from mallard.reports.filters import Filter, parse_filter

PERIOD_DAYS = {"day": 1, "today": 1, "7d": 7, "30d": 30, "90d": 90}
DEFAULT_PERIOD = "30d"
DEFAULT_LIMIT = 10
MAX_LIMIT = 1000
MAX_RANGE_DAYS = 366
INTERVALS = ("hour", "day", "week", "month")
ALL_TIME = Period(date.min, date.max)

_SITE_ID = re.compile(r"[A-Za-z0-9._:-]{1,256}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Args = Mapping[str, Sequence[str]]


class BadQuery(ValueError):
    """A request parameter that cannot be used; the text says which and why."""


def is_site_id(text: str) -> bool:
    """Whether `text` may name a site: 1 to 256 of ASCII letters, digits and `.-_:`, no `..`."""
    return _SITE_ID.fullmatch(text) is not None and ".." not in text


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
            interval=_interval(args, default="hour" if name in ("day", "today") else "day"),
            limit=whole_number(args, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT),
            filters=_filters(args),
        )


def first(args: Args, name: str) -> str | None:
    """The first value of an argument; None when it is absent or empty."""
    values = args.get(name) or ()
    return values[0] or None if values else None


def _site_id(args: Args) -> str:
    site_id = first(args, "site_id")
    if site_id is None:
        raise BadQuery("site_id is missing")
    if not is_site_id(site_id):
        raise BadQuery("Invalid site_id")
    return site_id


def _period(args: Args, today: date) -> tuple[Period, str | None]:
    """The period asked for, and its name unless it came as dates."""
    name = first(args, "period") or DEFAULT_PERIOD
    if name not in PERIOD_DAYS:
        raise BadQuery(f"period must be one of {', '.join(PERIOD_DAYS)}")
    start, end = first(args, "start_date"), first(args, "end_date")
    if start is not None and end is not None:
        return dated_period(parsed_date(start, "start_date"), parsed_date(end, "end_date")), None
    tomorrow = today + timedelta(days=1)
    return Period(tomorrow - timedelta(days=PERIOD_DAYS[name]), tomorrow), name


def site_and_any_period(args: Args, today: date) -> tuple[str, Period]:
    """The site and the period, of any length, of an export; all of history when none is named.

    Raises BadQuery.
    """
    start, end = first(args, "start_date"), first(args, "end_date")
    if first(args, "period") is not None and start is None and end is None:
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
    first_day, last_day = _named_date(args, "start_date"), _named_date(args, "end_date")
    if last_day < first_day:
        raise BadQuery("end_date must not be before start_date")
    return site_id, first_day, last_day


def _named_date(args: Args, name: str) -> date:
    text = first(args, name)
    if text is None:
        raise BadQuery(f"{name} is missing")
    return parsed_date(text, name)


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


def _interval(args: Args, default: str) -> str:
    interval = first(args, "interval") or default
    if interval not in INTERVALS:
        raise BadQuery(f"interval must be one of {', '.join(INTERVALS)}")
    return interval


def whole_number(args: Args, name: str, default: int, least: int, most: int) -> int:
    """A whole-number argument within its bounds. Raises BadQuery."""
    text = first(args, name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        raise BadQuery(f"{name} must be a whole number from {least} to {most}")
    return int(text)


def _filters(args: Args) -> tuple[Filter, ...]:
    try:
        return tuple(parse_filter(text) for text in args.get("filter") or ())
    except ValueError as error:
        raise BadQuery(str(error)) from None
