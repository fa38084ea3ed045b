"""Whether days can be added up with nobody counted twice, as they are or corrected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from mallard.model import Period
from mallard.store.parquet.partitions import ColdFile
from mallard.store.rollups.changes import Arrivals
from mallard.store.rollups.declared import PERIOD, Rollup
from mallard.store.rollups.moment import Known, Moment
from mallard.store.rollups.plan import Plan
from mallard.store.rollups.recent_events import OpenDay


def counting_once(
    plan: Plan,
    moment: Moment,
    rollup: Rollup,
    files_of: Mapping[date, Sequence[ColdFile]],
    met: set[tuple[date, date]],
    open_day: OpenDay | None,
) -> Plan | None:
    """The plan in which nobody of several days counts twice; None where none is like that."""
    known, days = moment.known, set(plan.days)
    returned_from = _returned_from(known, days, met, open_day)
    closed = days - ({open_day.day} if open_day else set())
    is_latest = open_day is not None and open_day.day == max(days)
    if (
        any(open_day is None or seen != open_day.day for seen, _ in met)
        or (returned_from and not (is_latest and rollup.once_in == PERIOD))
        or not all(_counts_once(known, day, closed, moment.period, rollup) for day in closed)
    ):
        return None
    if returned_from and open_day and plan.arrivals:
        earlier = {day: files_of[day] for day in sorted(returned_from)}
        return replace(plan, arrivals=Arrivals(open_day, plan.arrivals.hot, earlier))
    return plan


def _returned_from(
    known: Known, days: set[date], met: Iterable[tuple[date, date]], open_day: OpenDay | None
) -> set[date]:
    """The other days on which visitors of the open day were seen."""
    if open_day is None:
        return set()
    came_since = {day for seen, day in met if seen == open_day.day}
    return (came_since | (known.days[open_day.day].shared & days)) - {open_day.day}


def _counts_once(known: Known, day: date, days: set[date], period: Period, rollup: Rollup) -> bool:
    """Whether what a day adds to those before it counts nobody again."""
    built = known.days[day]
    editions = built.corrections.editions if built.corrections else {}
    others = {other for other in built.shared & days if other < day}
    others |= {other for other in editions if other >= period.start}
    if not others:
        return True
    left_out = built.corrections.left_out if built.corrections else frozenset()
    return (
        rollup.is_corrected
        and rollup.name not in left_out
        and all(
            other in days and editions.get(other) == known.days[other].edition for other in others
        )
    )
