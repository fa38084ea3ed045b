"""When reports are due: on Mondays and the first of a month, in the morning where the site is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from mallard.model import Period
from mallard.notices.book import Every
from mallard.reports.query import months_on
from mallard.zones.days import day_of, moment_of

AT = time(8)
"""By the clocks of the site: the night's events are in, and nobody is woken by it."""
CAUGHT_UP_DAYS = 35
"""Who was not there for longer is not told of all that he has missed."""
ONE_WEEK = timedelta(days=7)
DISBELIEVED = timedelta(days=2)
"""What was told of days that are further ahead was told by a wrong clock. Nearer ones may be there
where a site has gone to another time zone."""


def last_ended(every: Every, zone: str, now: datetime) -> date:
    """The end of the last week or month whose report is due at a UTC moment."""
    moment = now.replace(tzinfo=None)
    today = day_of(moment, zone)
    ended = today - timedelta(days=today.weekday()) if every == "week" else today.replace(day=1)
    is_due = moment >= moment_of(datetime.combine(ended, AT), zone)
    return ended if is_due else _before(every, ended)


def untold(every: Every, told: date, zone: str, now: datetime) -> list[date]:
    """The ends of the weeks or months that are due and were not told of, in order.

    `told` is the end of those that were told of last.
    """
    last = last_ended(every, zone, now)
    if told > last + DISBELIEVED:
        return []
    earliest = last - timedelta(days=CAUGHT_UP_DAYS)
    return [ended for ended in _from(every, told, last) if ended >= earliest]


def period_of(every: Every, ended: date, zone: str) -> Period:
    """The days that a report is about."""
    return Period(_before(every, ended), ended, zone)


def _from(every: Every, told: date, last: date) -> Iterator[date]:
    ended = last
    found: list[date] = []
    while ended > told and len(found) <= CAUGHT_UP_DAYS:
        found.append(ended)
        ended = _before(every, ended)
    yield from reversed(found)


def _before(every: Every, ended: date) -> date:
    return ended - ONE_WEEK if every == "week" else months_on(ended, -1)
