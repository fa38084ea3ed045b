"""What SQL may ask about local time, and how that reads for DuckDB.

    local_day(x)                the day of a moment, a date
    local_bucket(x)             what `$interval` of time a moment is in: for an hour the moment at
                                which it begins, for a longer one the first date of it
    local_bucket(x, 'day')      the same of an interval that is named there
    are_within_a_day(x, y)      two moments of a day, the first 30 minutes after its beginning and
                                the second 30 minutes before its end; false where that is not sure

DuckDB's own zones are not asked: not every build of it has them. What clocks show in some span of
time is a sum, with another summand after each change of the clocks.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Protocol

from mallard.zones.days import ONE_HOUR, ONE_SECOND, UTC, Spell, day_of, spells

_DAY = re.compile(r"\blocal_day\(([\w.]+)\)")
_BUCKET = re.compile(r"\blocal_bucket\(([\w.]+)(?:, ('\w+'))?\)")
_WITHIN = re.compile(r"\bare_within_a_day\(([\w.]+), ([\w.]+)\)")

WITHIN = "({first}::time > time '00:30:00' and {last}::time < time '23:30:00'{more})"


class Span(Protocol):
    """Some time, from a moment on and before another, of which a zone's clocks tell."""

    @property
    def zone(self) -> str:
        """The time zone."""

    @property
    def begins_at(self) -> datetime:
        """The first moment."""

    @property
    def ends_at(self) -> datetime:
        """The first one after it."""


def in_local_time(sql: str, span: Span) -> str:
    """A statement that asks about local time as DuckDB reads it, for moments in this span."""
    if not any(asked in sql for asked in ("local_day(", "local_bucket(", "are_within_a_day(")):
        return sql  # which spares a look at the clocks of all time
    zone = span.zone
    found = spells(zone, span.begins_at, span.ends_at) if zone != UTC else ()
    sql = _DAY.sub(lambda m: f"{_clock(m[1], found)}::date", sql)
    sql = _BUCKET.sub(lambda m: _bucket(m[1], found, m[2] or "$interval"), sql)
    return _WITHIN.sub(lambda m: _within(m[1], m[2], found, span), sql)


def _clock(moment: str, found: tuple[Spell, ...]) -> str:
    """What clocks show at a moment."""
    if not found or not any(spell.offset for spell in found):
        return moment
    first, *later = found
    if not later:
        return f"({moment} + {_interval(first.offset)})"
    cases = " ".join(
        f"when {moment} >= {_literal(spell.begins)} then {_interval(spell.offset)}"
        for spell in reversed(later)
    )
    return f"({moment} + case {cases} else {_interval(first.offset)} end)"


def _bucket(moment: str, found: tuple[Spell, ...], interval: str) -> str:
    clock = _clock(moment, found)
    plain = f"date_trunc({interval}, {clock})"
    if clock == moment:
        return plain
    return f"case when {interval} = 'hour' then {_hour(moment, found)} else {plain} end"


def _hour(moment: str, found: tuple[Spell, ...]) -> str:
    """The moment at which the hour of a moment begins."""
    if _are_hours_of_utc(found):
        return f"date_trunc('hour', {moment})"
    *cases, last = (
        f"when {moment} >= {_literal(spell.begins)} then {_beginning(moment, spell)}"
        for spell in reversed(found)
    )
    last = last.partition(" then ")[2]
    return f"case {' '.join(cases)} else {last} end" if cases else last


def _are_hours_of_utc(found: tuple[Spell, ...]) -> bool:
    """Whether hours begin when those of UTC do."""
    return not any(spell.offset % ONE_HOUR for spell in found) and not any(
        spell.begins.replace(minute=0, second=0, microsecond=0) != spell.begins
        for spell in found[1:]
    )


def _beginning(moment: str, spell: Spell) -> str:
    """Where clocks were changed within an hour, its other part begins with the change."""
    offset = _interval(spell.offset)
    nominal = f"date_trunc('hour', {moment} + {offset}) - {offset}"
    return f"greatest({nominal}, {_literal(spell.begins)})"


def _within(first: str, last: str, found: tuple[Spell, ...], span: Span) -> str:
    """Days on which clocks are changed are left out: midnight may be elsewhere on them."""
    _, *changes = spells(span.zone, span.begins_at, span.ends_at + ONE_SECOND)
    odd = {day_of(s.begins - n * ONE_SECOND, span.zone) for s in changes for n in (0, 1)}
    days = ", ".join(f"date '{day}'" for day in sorted(odd))
    clock = _clock(first, found)
    more = f" and {clock}::date not in ({days})" if odd else ""
    return WITHIN.format(first=clock, last=_clock(last, found), more=more)


def _interval(offset: timedelta) -> str:
    return f"interval '{offset // ONE_SECOND} seconds'"


def _literal(moment: datetime) -> str:
    return f"timestamp '{moment.isoformat(sep=' ')}'"
