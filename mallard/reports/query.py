"""ReportQuery: the site, period, filters and limit of a report; `from_args` is the only parser."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from mallard.model import MAX_SITE_ID, SITE_ID_PATTERN, Period
from mallard.reports.arguments import Args, BadQuery, first
from mallard.reports.filters import Filter, parse_filters
from mallard.reports.parameters import (
    ALL,
    DEFAULT_LIMIT,
    END,
    FILTER,
    FIRST_ERASED,
    FROM,
    IMPORTED,
    INTERVAL,
    LAST_ERASED,
    LIMIT,
    MAX_RANGE_DAYS,
    MONTHS,
    PERIOD,
    PERIOD_DAYS,
    SITE,
    START,
    TIMEZONE,
    TO,
    YESTERDAY,
)
from mallard.texts.said import said, within, words_of
from mallard.zones.days import UTC, check_zone

Shares = tuple[tuple[str, tuple[date, ...]], ...]
"""Files of imported figures, each with the days of it that count."""
ALL_TIME = Period(date.min, date.max)
OF_ONE_DAY = ("day", "today", YESTERDAY)
"""Periods that are cut into hours."""

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
    until: datetime | None = None
    """What comes at this moment of the last day, in UTC, or later is left out: a part to compare
    with."""
    with_imported: bool = True
    """Whether figures of days that were imported are wanted where a report can add them."""
    imported: Shares = ()
    """Those that count, which whoever asks the report finds out."""

    @property
    def last_day(self) -> date:
        """The last day of the period, if that has any."""
        return self.period.end - timedelta(days=1)

    @classmethod
    def from_args(
        cls,
        args: Args,
        today: date,
        first_day: Callable[[str], date] | None = None,
        zone: str = UTC,
    ) -> ReportQuery:
        """The query that request arguments (name -> values) ask for on the day `today` of a zone.

        `first_day` tells when a site's first event was, for all of its time; without it, all is
        today. Raises BadQuery, whose text names the argument at fault.
        """
        site_id = _site_id(args)
        period, name = _period(args, today, lambda: first_day(site_id) if first_day else today)
        return cls(
            site_id=site_id,
            period=replace(period, zone=zone),
            interval=INTERVAL.of(args, "hour" if name in OF_ONE_DAY else "day"),
            limit=LIMIT.of(args),
            filters=_filters(args),
            with_imported=IMPORTED.of(args) == "true",
        )


def zone_of(args: Args, usual: str) -> str:
    """The time zone that the arguments name; the usual one where they do not. Raises BadQuery."""
    name = TIMEZONE.of(args)
    if name is None:
        return usual
    try:
        check_zone(name)
    except ValueError as error:
        raise BadQuery(within(TIMEZONE.name, error)) from None
    return name


def _site_id(args: Args) -> str:
    site_id = SITE.of(args)
    if not is_site_id(site_id):
        raise BadQuery(said("Invalid site_id"))
    return site_id


def _period(args: Args, today: date, first_day: Callable[[], date]) -> tuple[Period, str | None]:
    """The period asked for, and its name unless it came as dates."""
    name = period_name(args)
    if name is None:
        start, end = START.of(args) or "", END.of(args) or ""
        return dated_period(parsed_date(start, START.name), parsed_date(end, END.name)), None
    return _named_period(name, today, first_day), name


def period_name(args: Args) -> str | None:
    """The name of the period that is asked for; None when it is given by dates. Raises BadQuery."""
    name = PERIOD.of(args)
    has_dates = START.of(args) is not None and END.of(args) is not None
    return None if has_dates else name


def _named_period(name: str, today: date, first_day: Callable[[], date]) -> Period:
    tomorrow = today + timedelta(days=1)
    if name in PERIOD_DAYS:
        return Period(tomorrow - timedelta(days=PERIOD_DAYS[name]), tomorrow)
    if name == YESTERDAY:
        return Period(today - timedelta(days=1), today)
    if name == ALL:
        return Period(min(first_day(), today), tomorrow)
    begun = today.replace(day=1) if MONTHS[name] == 1 else today.replace(month=1, day=1)
    if name in ("month", "year"):
        return Period(begun, tomorrow)
    return Period(months_on(begun, -MONTHS[name]), begun)


def months_on(first: date, months: int) -> date:
    """The first day of a month so many months from that of `first`."""
    count = 12 * first.year + first.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def site_and_any_period(args: Args, today: date) -> tuple[str, Period]:
    """The site and the period, of any length, of an export; all of history when none is named.

    Raises BadQuery.
    """
    start, end = FROM.of(args), TO.of(args)
    if first(args, PERIOD.name) is not None and start is None and end is None:
        name = PERIOD.of(args)
        is_all = name == ALL
        return _site_id(args), ALL_TIME if is_all else _named_period(name, today, lambda: today)
    first_day = ALL_TIME.start if start is None else parsed_date(start, "start_date")
    last_day = ALL_TIME.end if end is None else parsed_date(end, "end_date")
    if last_day < first_day:
        raise BadQuery(said("end_date must not be before start_date"))
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
        raise BadQuery(said("end_date must not be before start_date"))
    return site_id, first_day, last_day


def dated_period(start: date, end: date) -> Period:
    """The days from `start` to before `end`. Raises BadQuery when out of order or too many."""
    if end < start:
        raise BadQuery(said("end_date must not be before start_date"))
    if (end - start).days > MAX_RANGE_DAYS:
        raise BadQuery(
            said(
                "the range from start_date to end_date exceeds %(most)s days",
                most=MAX_RANGE_DAYS,
            )
        )
    return Period(start, end)


def parsed_date(text: str, name: str) -> date:
    """The day that the argument `name` spells as YYYY-MM-DD. Raises BadQuery."""
    try:
        if not _DATE.fullmatch(text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise BadQuery(said("%(name)s must be a date in the form YYYY-MM-DD", name=name)) from None


def _filters(args: Args) -> tuple[Filter, ...]:
    try:
        return parse_filters(FILTER.of(args))
    except ValueError as error:
        raise BadQuery(words_of(error)) from None
