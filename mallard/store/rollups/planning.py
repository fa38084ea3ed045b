"""Plans: which days a report takes from rollups, so that its figures are exactly the events'.

Figures of several days may be added up when no visitor is on two of them, or when they are
corrected for those who are. That is found out when a day is built, by hashes of the visitors' ids;
two ids with one hash only make us read the events.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import partial

from mallard.model import Period
from mallard.remembered import Remembered
from mallard.store.parquet import footers
from mallard.store.parquet.partitions import ColdFile, day_of
from mallard.store.parquet.statements import IN_SCOPE, hot_and, scope
from mallard.store.rollups.changes import HOT_VISITORS, Arrivals, HotState
from mallard.store.rollups.declared import PERIOD, Rollup
from mallard.store.rollups.moment import Known, Moment
from mallard.store.rollups.plan import Plan
from mallard.store.rollups.recent_events import OpenDay, is_large
from mallard.zones.days import UTC

REMEMBERED = 256

HOT_STATE = f"select timestamp::date, batch, count(*) from events where {IN_SCOPE} group by all"
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
        if moment.period.zone != UTC:
            return Plan(moment.known.alias, moment.known.site, (), moment.files, skips=())
        if rollup is None:
            return _plan_of_events(moment.known, moment.files)
        known, period, files = moment.known, moment.period, moment.files
        by_day: dict[date, list[ColdFile]] = {}
        for file in files:
            by_day.setdefault(day_of(file.path), []).append(file)
        days = {d for d, of_day in by_day.items() if _is_usable(known, d, of_day, rollup)}
        from_events = Plan(known.alias, known.site, (), files)
        if not days:
            return from_events
        hot = self._hot_rows(moment)
        changed = {day for day, _, _ in hot} | {d for d in days if known.days[d].is_unsettled}
        if rollup.but_not in changed:
            days -= {rollup.but_not}
        looks_back = not rollup.is_of_single_days
        open_day = _open_day(known, {day: by_day[day] for day in days}, changed, looks_back)
        days -= changed - ({open_day.day} if open_day else set())
        rest = [file for file in files if day_of(file.path) not in days]
        found = self._met(moment, rest, hot, open_day)
        itself = (open_day.day, open_day.day) if open_day else None
        met = {(seen, day) for seen, day in found if day in days and (seen, day) != itself}
        rolled = tuple(sorted(days))
        if rollup.of_visitors:
            cut = by_day[rollup.but_not] if rollup.but_not in days else ()
            return _plan_of_visitors(known, rolled, rest, met, open_day, cut) or from_events
        hot_days = {day for day, _, _ in hot} - ({open_day.day} if open_day else set())
        of_today = None
        if open_day and itself:
            of_day = frozenset(of for of in hot if of[0] == open_day.day)
            of_today = Arrivals(open_day.of_visitors_since(found.get(itself)), of_day)
        if rollup.is_of_single_days:
            if any(seen == day for seen, day in met):
                return from_events
            return Plan(known.alias, known.site, rolled, rest, of_today, reads_hot=bool(hot_days))
        returned_from = _returned_from(known, days, met, open_day)
        closed = days - ({open_day.day} if open_day else set())
        is_latest = open_day is not None and open_day.day == max(days)
        if (
            any(open_day is None or seen != open_day.day for seen, _ in met)
            or (returned_from and not (is_latest and rollup.once_in == PERIOD))
            or not all(_counts_once(known, day, closed, period, rollup) for day in closed)
        ):
            return from_events
        if returned_from and open_day and of_today:
            earlier = {day: by_day[day] for day in sorted(returned_from)}
            of_today = Arrivals(open_day, of_today.hot, earlier)
        return Plan(known.alias, known.site, rolled, rest, of_today, reads_hot=bool(hot_days))

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
    ) -> Meetings:
        """Where visitors of files, of hot rows and of later parts were seen."""
        if not files and not hot and not open_day:
            return {}
        paths = frozenset((file.path, file.mark) for file in files)
        version, site_id, period = moment.known.version, moment.site_id, moment.period
        key = (version, site_id, period, paths, hot, open_day)
        return self._meetings.get(key, partial(_meetings, moment, files, open_day))


def _hot_state(moment: Moment) -> HotState:
    bound = scope(moment.site_id, moment.period)
    rows = moment.connection.execute(HOT_STATE, bound).fetchall()
    return frozenset((day, batch, count) for day, batch, count in rows)


def _meetings(moment: Moment, files: Sequence[ColdFile], open_day: OpenDay | None) -> Meetings:
    connection, known, site_id = moment.connection, moment.known, moment.site_id
    footers.assure_types(connection, files)
    footers.find_whole(connection, site_id, files)
    rest = f"select timestamp::date as day, hash(visitor_id) as visitor from ({hot_and(files)})"
    seen = f"select day, visitor, part from {known.alias}.visitors where site = $site"
    if open_day:
        day = f"date '{open_day.day}'"
        rest += f" union all select {day}, visitor from ({open_day.later_visitors})"
        # Who is new on this day may have come on a day beside the built ones, too.
        new = f"{open_day.later_visitors} union all {HOT_VISITORS.format(day=day)}"
        seen += f" union all select {day}, visitor, {open_day.last + 1} from ({new})"
    rows = connection.execute(
        f"select rest.day, seen.day, min(seen.part) from ({seen}) as seen"
        f" join (select distinct * from ({rest})) as rest using (visitor) group by all",
        {**scope(site_id, moment.period), "site": known.site},
    ).fetchall()
    return {(seen, day): part for seen, day, part in rows}


def _plan_of_events(known: Known, files: Sequence[ColdFile]) -> Plan:
    """How a report reads all events of these files, and the hot rows.

    Those of a day that goes on are quickly found where they are kept, the latest ones first.
    """
    days = {day_of(file.path) for file in files}
    built = known.days.get(min(days)) if len(days) == 1 else None
    if built is None or not built.is_followed or built.files != marks(files):
        return Plan(known.alias, known.site, (), files)
    kept = OpenDay(known.alias, known.site, min(days), built.last, built.last)
    return Plan(known.alias, known.site, (), (), kept=kept)


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


def marks(files: Iterable[ColdFile]) -> frozenset[str]:
    """What tells files of one day from all others it ever had."""
    return frozenset(file.mark for file in files)


def _is_usable(known: Known, day: date, files: Iterable[ColdFile], rollup: Rollup) -> bool:
    built = known.days.get(day) if day != rollup.but_not or rollup.of_visitors else None
    return (
        built is not None
        and built.left_out.isdisjoint(rollup.names)
        and built.files == marks(files)
    )


def _open_day(
    known: Known, days: Mapping[date, Sequence[ColdFile]], changed: set[date], looks_back: bool
) -> OpenDay | None:
    """The latest day to which what came since can be added, or on which visitors returned."""
    followed = [day for day in days if known.days[day].is_followed]
    for day in sorted(followed, reverse=True):
        built = known.days[day]
        if day in changed or (looks_back and built.shared & days.keys()):
            settled = built.settled or 0
            return OpenDay(known.alias, known.site, day, settled, built.last, is_large(days[day]))
    return None


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
