"""Plans: which days a report takes from rollups, so that its figures are exactly the events'.

Figures of several days may be added up when no visitor is on two of them, or when they are
corrected for those who are. That is found out when a day is built, by hashes of the visitors' ids;
two ids with one hash only make us read the events.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

from mallard.remembered import Remembered
from mallard.store.parquet import footers
from mallard.store.parquet.partitions import ColdFile
from mallard.store.parquet.statements import IN_SCOPE, hot_and, scope
from mallard.store.rollups.built import Built
from mallard.store.rollups.changes import HOT_VISITORS, Arrivals, HotState
from mallard.store.rollups.counting_once import counting_once
from mallard.store.rollups.declared import Rollup
from mallard.store.rollups.local_days import (
    Spans,
    beside,
    by_day,
    is_beside,
    marks,
    one_day,
    spans_of,
)
from mallard.store.rollups.moment import Known, Moment
from mallard.store.rollups.plan import Plan
from mallard.store.rollups.recent_events import OpenDay, is_large
from mallard.zones.sql import in_local_time

REMEMBERED = 256

HOT_STATE = f"""
select local_day(timestamp), batch, count(*) from events where {IN_SCOPE} group by all
"""
"""Which hot rows there are: a batch's rows never change, they can only go."""

Meetings = Mapping[tuple[date, date], int]
"""The days of events beside the figures, each with a day in these that saw their visitors.

And the first part of that day in which it did; what came to the open day is in these by now.
"""


class Plans:
    """Finds the plan of each report, and remembers what it found out."""

    def __init__(self) -> None:
        self._hot: Remembered[HotState] = Remembered(REMEMBERED)
        self._meetings: Remembered[Meetings] = Remembered(REMEMBERED)

    def plan(self, moment: Moment, rollup: Rollup | None) -> Plan:
        """How a report is put together; without a rollup of all events."""
        if rollup is None:
            return _plan_of_events(moment)
        known, period, files = moment.known, moment.period, moment.files
        zone = period.zone
        files_of = by_day(files, period)
        days = {d for d in files_of if _is_usable(known, d, files_of[d], zone, rollup)}
        from_events = Plan(known.alias, known.site, (), files, skips=spans_of((), zone))
        if not days:
            return from_events
        hot = self._hot_rows(moment)
        changed = {day for day, _, _ in hot} | {d for d in days if known.days[d].is_unsettled}
        if rollup.but_not in changed:
            days -= {rollup.but_not}
        looks_back = not rollup.is_of_single_days
        usable = {day: files_of[day] for day in days}
        open_day = _open_day(known, usable, changed, looks_back, zone)
        days -= changed - ({open_day.day} if open_day else set())
        rest, skips = beside(files, days, period), spans_of(days, zone)
        if skips is not None and not _are_whole(moment, rest):
            # There may be rows of days that are not their own, and these are not in figures.
            return from_events
        found = self._met(moment, rest, hot, open_day, skips)
        itself = (open_day.day, open_day.day) if open_day else None
        met = {(seen, day) for seen, day in found if day in days and (seen, day) != itself}
        rolled = tuple(sorted(days))
        if rollup.of_visitors:
            cut = files_of[rollup.but_not] if rollup.but_not in days else ()
            made = _plan_of_visitors(known, rolled, rest, met, open_day, cut)
            if made is None:
                return from_events
            return replace(made, skips=skips, zone=zone, reads_hot=bool(hot))
        plan = _plan_of_sums(moment, rolled, rest, hot, open_day, found, skips)
        if rollup.is_of_single_days:
            return from_events if any(seen == day for seen, day in met) else plan
        return counting_once(plan, moment, rollup, files_of, met, open_day) or from_events

    def _hot_rows(self, moment: Moment) -> HotState:
        """Which hot rows there are; remembered where their state has a number."""
        if moment.hot_state is None:
            return _hot_state(moment)
        key = (moment.site_id, moment.period, moment.hot_state)
        return self._hot.get(key, partial(_hot_state, moment))

    def _met(
        self,
        moment: Moment,
        files: Sequence[ColdFile],
        hot: HotState,
        open_day: OpenDay | None,
        skips: Spans | None,
    ) -> Meetings:
        """Where visitors of files, of hot rows and of later parts were seen."""
        if not files and not hot and not open_day:
            return {}
        paths = frozenset((file.path, file.mark) for file in files)
        version, site_id, period = moment.known.version, moment.site_id, moment.period
        key = (version, site_id, period, paths, hot, open_day, skips)
        return self._meetings.get(key, partial(_meetings, moment, files, open_day, skips))


def _hot_state(moment: Moment) -> HotState:
    bound = scope(moment.site_id, moment.period)
    sql = in_local_time(HOT_STATE, moment.period)
    rows = moment.connection.execute(sql, bound).fetchall()
    return frozenset((day, batch, count) for day, batch, count in rows)


def _are_whole(moment: Moment, files: Sequence[ColdFile]) -> bool:
    """Whether files hold nothing that is not of the day in whose directory they lie."""
    footers.assure_types(moment.connection, files)
    footers.find_whole(moment.connection, moment.site_id, files)
    return all(file.is_whole for file in files)


def _meetings(
    moment: Moment,
    files: Sequence[ColdFile],
    open_day: OpenDay | None,
    skips: Spans | None,
) -> Meetings:
    connection, known, site_id = moment.connection, moment.known, moment.site_id
    footers.assure_types(connection, files)
    footers.find_whole(connection, site_id, files)
    rows = hot_and(files, condition=None if skips is None else is_beside(skips))
    rest = f"select local_day(timestamp) as day, hash(visitor_id) as visitor from ({rows})"
    seen = f"select day, visitor, part from {known.alias}.visitors where site = $site"
    if open_day:
        day = f"date '{open_day.day}'"
        rest += f" union all select {day}, visitor from ({open_day.later_visitors})"
        # Who is new on this day may have come on a day beside the built ones, too.
        hot = HOT_VISITORS.format(is_of_day=open_day.is_of_day)
        new = f"{open_day.later_visitors} union all {hot}"
        seen += f" union all select {day}, visitor, {open_day.last + 1} from ({new})"
    sql = (
        f"select rest.day, seen.day, min(seen.part) from ({seen}) as seen"
        f" join (select distinct * from ({rest})) as rest using (visitor) group by all"
    )
    bound = {**scope(site_id, moment.period), "site": known.site}
    met = connection.execute(in_local_time(sql, moment.period), bound).fetchall()
    return {(seen_on, day): part for seen_on, day, part in met}


def _plan_of_events(moment: Moment) -> Plan:
    """How a report reads all events of its files, and the hot rows.

    Those of a day that goes on are quickly found where they are kept, the latest ones first.
    """
    known, files, zone = moment.known, moment.files, moment.period.zone
    days = set(by_day(files, moment.period))
    built = known.days.get(min(days)) if len(days) == 1 else None
    plan = Plan(known.alias, known.site, (), files, skips=spans_of((), zone))
    if built is None or not built.is_followed or not _is_of(built, files, min(days), zone):
        return plan
    kept = OpenDay(known.alias, known.site, min(days), built.last, built.last, zone=zone)
    return replace(plan, files=(), kept=kept)


def _plan_of_sums(
    moment: Moment,
    days: tuple[date, ...],
    rest: Sequence[ColdFile],
    hot: HotState,
    open_day: OpenDay | None,
    met: Meetings,
    skips: Spans | None,
) -> Plan:
    """How a report adds up figures of days, and what has come beside them."""
    known, today = moment.known, open_day.day if open_day else None
    of_today = None
    if open_day:
        of_day = frozenset(of for of in hot if of[0] == today)
        since = met.get((open_day.day, open_day.day))
        of_today = Arrivals(open_day.of_visitors_since(since), of_day)
    reads_hot = any(day != today for day, _, _ in hot)
    first = moment.period.start
    return Plan(
        known.alias, known.site, days, rest, of_today, reads_hot=reads_hot, skips=skips, first=first
    )


def _plan_of_visitors(
    known: Known,
    days: Sequence[date],
    rest: Sequence[ColdFile],
    met: Iterable[tuple[date, date]],
    open_day: OpenDay | None,
    cut: Sequence[ColdFile],
) -> Plan | None:
    """How a report takes visitors' rows of days; None where a day's events are beside them, too."""
    met = list(met)
    if any(seen == day for seen, day in met):
        return None
    return Plan(
        known.alias,
        known.site,
        tuple(days),
        rest,
        came_since=open_day,
        cut=cut,
        are_apart=not met and not any(known.days[day].shared & {*days} for day in days),
    )


def _is_usable(
    known: Known, day: date, files: Iterable[ColdFile], zone: str, rollup: Rollup
) -> bool:
    built = known.days.get(day) if day != rollup.but_not or rollup.of_visitors else None
    if built is None or not built.left_out.isdisjoint(rollup.names):
        return False
    return _is_of(built, files, day, zone)


def _is_of(built: Built, files: Iterable[ColdFile], day: date, zone: str) -> bool:
    """Whether figures are those of these files, and of this very day."""
    return built.files == marks(files, one_day(day, zone))


def _open_day(
    known: Known,
    days: Mapping[date, Sequence[ColdFile]],
    changed: set[date],
    looks_back: bool,
    zone: str,
) -> OpenDay | None:
    """The latest day to which what came since can be added, or on which visitors returned."""
    followed = [day for day in days if known.days[day].is_followed]
    for day in sorted(followed, reverse=True):
        built = known.days[day]
        if day in changed or (looks_back and built.shared & days.keys()):
            large, settled = is_large(days[day]), built.settled or 0
            return OpenDay(known.alias, known.site, day, settled, built.last, large, zone=zone)
    return None
