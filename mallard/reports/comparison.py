"""The period to compare with, and by how much a figure has changed since."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

from mallard.model import Period
from mallard.reports.arguments import Args, BadQuery, Text
from mallard.reports.parameters import MAX_RANGE_DAYS, OF_ALL
from mallard.reports.query import dated_period, parsed_date

PREVIOUS, YEAR = "previous", "year"
BETWEEN_DAYS = ".."
ONE_DAY = timedelta(days=1)
_A_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

COMPARE = Text(
    "compare",
    "What to compare with: as many days directly before, the same days a year earlier, or days"
    f" of your own, `FROM..TO`, the second one exclusive, at most {MAX_RANGE_DAYS} days apart."
    " Each row then has a `comparison` and a `change` as well.",
    PREVIOUS,
    bounds={"pattern": f"^({PREVIOUS}|{YEAR}|{_A_DAY}[.][.]{_A_DAY})$"},
)
COMPARED = (*OF_ALL, COMPARE)
"""What a report takes that can stand beside that of another period."""

Number = TypeVar("Number", float, Decimal)


def compared_period(args: Args, period: Period) -> Period | None:
    """The days that the `compare` argument names beside `period`; None when it is absent.

    `previous` is as many days directly before, `year` the same days a year earlier (a 29 February
    becomes the 28th), `FROM..TO` any days, the second one exclusive. Raises BadQuery.
    """
    choice = COMPARE.of(args)
    if choice is None:
        return None
    try:
        if choice == PREVIOUS:
            return Period(period.start - (period.end - period.start), period.start)
        if choice == YEAR:
            return _a_year_earlier(period)
    except (OverflowError, ValueError):
        raise BadQuery(f"compare: no such days before {period.start}") from None
    return _named_days(choice)


def change(now: Number, before: Number) -> float | None:
    """By which fraction of `before` a figure has grown; None when there is nothing to grow from.

    What was below zero has grown when it is less so.
    """
    return float((now - before) / abs(before)) if before else None


def _a_year_earlier(period: Period) -> Period:
    start = _same_day_last_year(period.start)
    if period.start == period.end:
        return Period(start, start)
    # By way of the last day: the day after a 28 February is the 29th, or not, in either year.
    return Period(start, _same_day_last_year(period.end - ONE_DAY) + ONE_DAY)


def _same_day_last_year(day: date) -> date:
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if is_leap_day else day.day)


def _named_days(choice: str) -> Period:
    start, _, end = choice.partition(BETWEEN_DAYS)
    try:
        return dated_period(parsed_date(start, COMPARE.name), parsed_date(end, COMPARE.name))
    except BadQuery:
        raise BadQuery(
            f"compare must be {PREVIOUS}, {YEAR} or FROM..TO,"
            f" two dates in the form YYYY-MM-DD, in order and at most {MAX_RANGE_DAYS} days apart"
        ) from None
