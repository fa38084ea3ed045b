"""The date ranges of the second version, and how time is cut."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from mallard.model import Period
from mallard.reports.arguments import BadQuery
from mallard.reports.query import months_on, parsed_date

ONE_DAY = timedelta(days=1)
MOST_DAYS, MOST_MONTHS = 5000, 100
_SOME = re.compile(r"([1-9][0-9]{0,3})(d|mo)")
_A_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_FORMS = (
    'date_range must be "day", "24h", "7d", "28d", "30d", "91d", "month", "6mo", "12mo", "year",'
    ' "all", or two dates or times, ["2026-01-01", "2026-01-31"]'
)
Moments = tuple[datetime, datetime]


def days_of(
    asked: object, today: date, now: datetime, first_day: Callable[[], date]
) -> Period | Moments:
    """The days that a `date_range` names, or the moments from which until which. Raises BadQuery.

    So many days or months are those before today or this month, which do not belong to them.
    """
    if isinstance(asked, str):
        return _named(asked, today, now, first_day)
    if not (isinstance(asked, list) and len(asked) == 2 and all(isinstance(x, str) for x in asked)):
        raise BadQuery(_FORMS)
    if all(map(_A_DATE.fullmatch, asked)):
        first, last = (parsed_date(text, "date_range") for text in asked)
        if last < first:
            raise BadQuery("date_range: the second day must not be before the first")
        if last == date.max or (last - first).days > MOST_DAYS:
            raise BadQuery(f"date_range: give at most {MOST_DAYS} days")
        return Period(first, last + ONE_DAY)
    return _moments(asked[0], asked[1])


def _named(
    name: str, today: date, now: datetime, first_day: Callable[[], date]
) -> Period | Moments:
    match name:
        case "day":
            return Period(today, today + ONE_DAY)
        case "24h":
            return now - ONE_DAY, now
        case "month":
            return Period(today.replace(day=1), months_on(today, 1))
        case "year":
            return Period(date(today.year, 1, 1), date(today.year + 1, 1, 1))
        case "all":
            return Period(min(first_day(), today), today + ONE_DAY)
    some = _SOME.fullmatch(name)
    if some is None:
        raise BadQuery(_FORMS)
    count = int(some[1])
    if some[2] == "d" and count <= MOST_DAYS:
        return Period(today - count * ONE_DAY, today)
    if some[2] == "mo" and count <= MOST_MONTHS:
        return Period(months_on(today, -count), today.replace(day=1))
    raise BadQuery(f"date_range: at most {MOST_DAYS}d or {MOST_MONTHS}mo")


def _moments(first: str, last: str) -> Moments:
    try:
        begin, end = (datetime.fromisoformat(text) for text in (first, last))
    except ValueError:
        raise BadQuery(_FORMS) from None
    if begin.tzinfo is None or end.tzinfo is None:
        raise BadQuery("date_range: give times with their distance from UTC, as +00:00")
    try:
        begin, end = begin.astimezone(UTC), end.astimezone(UTC) + timedelta(seconds=1)
    except OverflowError:
        raise BadQuery("date_range: there is no such time") from None
    if end <= begin:
        raise BadQuery("date_range: the second time must not be before the first")
    if (end - begin).days > MOST_DAYS:
        raise BadQuery(f"date_range: give at most {MOST_DAYS} days")
    return begin, end


def interval_of(period: Period) -> str:
    """The buckets that `time` stands for."""
    last = period.end - ONE_DAY
    whole_months = 12 * (last.year - period.start.year) + last.month - period.start.month
    whole_months -= last.day < period.start.day
    if whole_months > 0:
        return "month"
    return "day" if last > period.start else "hour"
