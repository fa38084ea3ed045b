"""When the days and hours of a time zone begin, by the rules of the IANA database.

A day is one span of time, from the first moment at which clocks show its date to the first of the
next one. It has 23 to 25 hours where clocks are changed, and none at all where it was skipped.
Clocks that are put back across midnight would show a date that is over: they count as put back when
they come to midnight once more, so that no day comes twice.

Moments are UTC without a zone, as DuckDB has them.
"""

from __future__ import annotations

import zoneinfo
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC as GREENWICH
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise

from mallard.texts.said import said

UTC = "UTC"
NOTHING = timedelta(0)
ONE_SECOND, ONE_MINUTE = timedelta(seconds=1), timedelta(minutes=1)
ONE_HOUR, ONE_DAY = timedelta(hours=1), timedelta(days=1)
FURTHEST = timedelta(hours=16)
"""No clock was ever further from UTC than this."""

FIRST = datetime.combine(date(1800, 1, 1), time.min)
LAST = datetime.combine(date(2300, 1, 1), time.min)
"""Before and after that days are those of UTC everywhere: no place had any other time but that of
its own sun, and nobody knows the rules of such days."""

NO_PLACES = frozenset(("Factory", "localtime", "posixrules"))
"""What is among the zones, and is none."""


@dataclass(frozen=True, slots=True)
class Spell:
    """A time in which clocks are at one distance from UTC."""

    begins: datetime
    offset: timedelta


@dataclass(frozen=True, slots=True, order=True)
class Hour:
    """An hour of the clocks: the moment it begins, and what it is called.

    `YYYY-MM-DD HH:00`, with the distance from UTC behind it where the day has two of that name.
    """

    begins: datetime
    label: str


@cache
def names() -> tuple[str, ...]:
    """The names of all time zones, sorted."""
    # zoneinfo would read this list in the locale's encoding.
    listed = files("tzdata").joinpath("zones").read_text("utf-8")
    return tuple(sorted({UTC, *listed.split()} - NO_PLACES))


def check_zone(name: str) -> None:
    """That this names a time zone. Raises ValueError."""
    if name != UTC and name not in names():
        raise ValueError(
            said(
                "%(name)s is no time zone; it goes by its name in the IANA database, such as"
                " Europe/Berlin",
                name=repr(name),
            )
        )


@lru_cache(maxsize=8192)
def day_begins(day: date, zone: str) -> datetime:
    """The first moment of a day; that of the next one for a day that was skipped."""
    midnight = datetime.combine(day, time.min)
    if zone == UTC or not FIRST < midnight < LAST:
        return midnight
    until = midnight + FURTHEST
    found = [*spells(zone, midnight - FURTHEST, until), Spell(until, NOTHING)]
    return next(
        at
        for spell, later in pairwise(found)
        if (at := max(spell.begins, midnight - spell.offset)) < later.begins
    )


def is_skipped(day: date, zone: str) -> bool:
    """Whether a place went from the day before to the day after."""
    if zone == UTC or day >= LAST.date():
        return False
    return day_begins(day, zone) == day_begins(day + ONE_DAY, zone)


def day_of(moment: datetime, zone: str) -> date:
    """The day that a moment is in."""
    near = moment.date()
    if zone == UTC or not FIRST < moment < LAST:
        return near
    days = (near + n * ONE_DAY for n in (0, 1, -1, 2, -2))
    return next(d for d in days if day_begins(d, zone) <= moment < day_begins(d + ONE_DAY, zone))


def moment_of(clock: datetime, zone: str) -> datetime:
    """The moment at which clocks show this, for the first time; those that skip it are behind."""
    if zone == UTC or not FIRST < clock < LAST:
        return clock
    there = clock.replace(tzinfo=zoneinfo.ZoneInfo(zone))
    return there.astimezone(GREENWICH).replace(tzinfo=None)


def clock_at(moment: datetime, zone: str) -> datetime:
    """What clocks show at a moment."""
    if zone == UTC:
        return moment
    return moment + spells(zone, moment, moment + ONE_SECOND)[0].offset


@lru_cache(maxsize=8192)
def hours_of(day: date, zone: str) -> tuple[Hour, ...]:
    """The hours of a day, ascending."""
    begins = day_begins(day, zone)
    ends = day_begins(day + ONE_DAY, zone) if day < date.max else begins + 24 * ONE_HOUR
    if begins == ends:
        return ()
    if not FIRST <= begins < LAST:
        zone = UTC
    named: list[tuple[datetime, datetime, timedelta]] = []
    for spell, later in pairwise([*spells(zone, begins, ends), Spell(ends, NOTHING)]):
        clock = (spell.begins + spell.offset).replace(minute=0, second=0)
        while clock - spell.offset < later.begins:
            named.append((max(clock - spell.offset, spell.begins), clock, spell.offset))
            clock += ONE_HOUR
    times = Counter(clock for _, clock, _ in named)
    return tuple(
        Hour(at, clock.isoformat(" ", "minutes") + (_signed(offset) if times[clock] > 1 else ""))
        for at, clock, offset in named
    )


@lru_cache(maxsize=256)
def spells(zone: str, start: datetime, end: datetime) -> tuple[Spell, ...]:
    """The spells from one moment on and before another, in order; the first begins with it."""
    if zone == UTC:
        return (Spell(start, NOTHING),)
    found = [Spell(datetime.combine(date.min, time.min), NOTHING)]
    since = max(FIRST, start - 2 * ONE_DAY) if start > FIRST else FIRST
    if since < min(end, LAST):
        offset = _offset(zone, since)
        # Where it comes to be another one than nothing, no day comes twice either.
        found.append(Spell(max(since, FIRST - offset), offset))
        found += _changes(zone, since, min(end, LAST))
    if end > LAST:
        found.append(Spell(min(LAST, LAST - found[-1].offset), NOTHING))
    offset = [spell for spell in found if spell.begins <= start][-1].offset
    return (Spell(start, offset), *(spell for spell in found if start < spell.begins < end))


def _changes(zone: str, since: datetime, end: datetime) -> Iterator[Spell]:
    """Where clocks are changed, looked for day by day."""
    at, offset = since, _offset(zone, since)
    while at < end:
        later = min(at + ONE_DAY, end)
        if _offset(zone, later) == offset:
            at = later
            continue
        at, before = _end_of_spell(zone, at, later), offset
        offset = _offset(zone, at)
        yield Spell(_not_across_midnight(at, before, offset), offset)


def _end_of_spell(zone: str, at: datetime, later: datetime) -> datetime:
    """The first second at another distance from UTC than `at`; not after `later`, which is."""
    offset, most = _offset(zone, at), -(-(later - at) // ONE_SECOND)
    least = 0
    while most - least > 1:
        middle = (least + most) // 2
        if _offset(zone, at + middle * ONE_SECOND) == offset:
            least = middle
        else:
            most = middle
    return at + most * ONE_SECOND


def _not_across_midnight(at: datetime, before: timedelta, after: timedelta) -> datetime:
    """When clocks that are put back at a moment count as put back."""
    shown = (at + before - timedelta(microseconds=1)).date()
    if (at + after).date() >= shown:
        return at
    return datetime.combine(shown, time.min) - after


def _offset(zone: str, moment: datetime) -> timedelta:
    offset = moment.replace(tzinfo=GREENWICH).astimezone(zoneinfo.ZoneInfo(zone)).utcoffset()
    return offset or NOTHING


def _signed(offset: timedelta) -> str:
    """A distance from UTC as ISO 8601 has it: `+05:30`."""
    minutes, seconds = divmod(abs(offset) // ONE_SECOND, 60)
    text = f"{'-' if offset < NOTHING else '+'}{minutes // 60:02}:{minutes % 60:02}"
    return f"{text}:{seconds:02}" if seconds else text
