"""The period to compare with, and by how much a figure has changed since."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from mallard.model import Period
from mallard.reports.arguments import Args, BadQuery, Text
from mallard.reports.parameters import ALL, MAX_RANGE_DAYS, MONTHS, OF_ALL
from mallard.reports.query import (
    ReportQuery,
    dated_period,
    months_on,
    parsed_date,
    period_name,
)
from mallard.texts.said import said
from mallard.zones.days import clock_at, day_of, moment_of

PREVIOUS, YEAR = "previous", "year"
BETWEEN_DAYS = ".."
ONE_DAY, A_MINUTE = timedelta(days=1), timedelta(minutes=1)
_A_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

COMPARE = Text(
    "compare",
    "What to compare with: as many days directly before (the month or year before, for those of the"
    " calendar), the same days a year earlier, or days of your own, `FROM..TO`, the second one"
    f" exclusive, at most {MAX_RANGE_DAYS} days apart. Of a period that goes on, the same part is"
    " compared, up to this time of day. Each row then has a `comparison` and a `change` as well:"
    " the fraction by which a figure has grown, or the difference of two rates.",
    PREVIOUS,
    bounds={"pattern": f"^({PREVIOUS}|{YEAR}|{_A_DAY}[.][.]{_A_DAY})$"},
)
COMPARED = (*OF_ALL, COMPARE)
"""What a report takes that can stand beside that of another period."""

Number = TypeVar("Number", float, Decimal)


def compared_query(args: Args, query: ReportQuery, now: datetime) -> ReportQuery | None:
    """The same question about what the `compare` argument names; None when there is nothing.

    Of a period that goes on, what came before is compared up to this minute of its last day: `now`
    is the current time, UTC. Days of one's own are taken as they are. Raises BadQuery.
    """
    choice, whole = COMPARE.of(args), compared_period(args, query.period)
    if choice is None or whole is None:
        return None
    zone = query.period.zone
    today = day_of(now.replace(tzinfo=None), zone)
    last = whole.start + (today - query.period.start)
    if choice not in (PREVIOUS, YEAR) or today not in query.period or last >= whole.end:
        return replace(query, period=whole)
    time_of_day = clock_at(now.replace(tzinfo=None), zone).time()
    clock = datetime.combine(last, time_of_day.replace(second=0, microsecond=0)) + A_MINUTE
    until = moment_of(clock, zone) if clock.date() == last else None
    return replace(query, period=replace(whole, end=last + ONE_DAY), until=until)


def compared_period(args: Args, period: Period) -> Period | None:
    """The days that the `compare` argument names beside `period`; None when there are none.

    `previous` is as many days directly before, or as many months for months of the calendar; a
    month or year that goes on is compared with the one before it. `year` is the same days a year
    earlier (a 29 February becomes the 28th), `FROM..TO` any days, the second one exclusive. Before
    all time was nothing. Raises BadQuery.
    """
    choice, name = COMPARE.of(args), period_name(args)
    if choice is None or (name == ALL and choice in (PREVIOUS, YEAR)):
        return None
    if choice not in (PREVIOUS, YEAR):
        return replace(_named_days(choice), zone=period.zone)
    try:
        found = _before(period, name) if choice == PREVIOUS else _a_year_earlier(period)
    except (OverflowError, ValueError):
        raise BadQuery(said("compare: no such days before %(start)s", start=period.start)) from None
    return replace(found, zone=period.zone)


def _before(period: Period, name: str | None) -> Period:
    months = MONTHS.get(name or "", 0) or (whole_months(period) if name is None else 0)
    if months:
        return Period(months_on(period.start, -months), period.start)
    return Period(period.start - (period.end - period.start), period.start)


def whole_months(period: Period) -> int:
    """How many months of the calendar a period consists of; 0 when it is none of whole months."""
    if period.start.day != 1 or period.end.day != 1:
        return 0
    years, months = period.end.year - period.start.year, period.end.month - period.start.month
    return 12 * years + months


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
            said(
                "compare must be %(previous)s, %(year)s or FROM..TO, two dates in the form"
                " YYYY-MM-DD, in order and at most %(most)s days apart",
                previous=PREVIOUS,
                year=YEAR,
                most=MAX_RANGE_DAYS,
            )
        ) from None
