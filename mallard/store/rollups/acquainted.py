"""Of the days before some others those on which somebody was who came again: who is new is asked.

A day whose figures are worked out is known by its visitors. So the files of most days need not be
opened: as ids are another every day, or every month, there are few whose visitors came again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from mallard.store.parquet import footers
from mallard.store.parquet.partitions import ColdFile, day_of
from mallard.store.parquet.statements import IN_SCOPE, hot_and, scope
from mallard.store.rollups.built import Built
from mallard.store.rollups.local_days import by_day, days_within, marks, one_day
from mallard.store.rollups.moment import NOTHING_KNOWN, Moment

DAYS = "days"
"""The rollup that every day has whose events can be counted by day."""

SEEN_AGAIN = """
select distinct day
from {alias}.visitors
where site = $site and day < $first_day
    and visitor in (select hash(visitor_id) from ({rows}))
"""
"""The same hash of two ids only makes us read a day for nothing."""


def without_strangers(moment: Moment, first: date) -> Moment:
    """The moment without files of days before the `first`, where nobody of them came since.

    It is for a report that reads events, and knows no figures. Raises duckdb.Error.
    """
    zone, days = moment.period.zone, moment.known.days
    files_of = by_day(moment.files, moment.period)
    told = {day for day in files_of if _is_told(days.get(day), files_of[day], day, zone)}
    strangers = {day for day in told if day < first}
    for day in told - strangers:
        strangers -= days[day].shared
    if strangers:
        strangers -= _seen_again(moment, first, {d: files_of[d] for d in files_of.keys() - told})
    wanted = [
        file
        for file in moment.files
        if not strangers.issuperset(days_within(day_of(file.path), zone))
    ]
    return replace(moment, files=wanted, known=NOTHING_KNOWN)


def _is_told(built: Built | None, files: Sequence[ColdFile], day: date, zone: str) -> bool:
    """Whether all visitors of a day are known, as it is now."""
    if built is None or built.is_unsettled or DAYS in built.left_out:
        return False
    return built.files == marks(files, one_day(day, zone))


def _seen_again(
    moment: Moment, first: date, untold: Mapping[date, Sequence[ColdFile]]
) -> set[date]:
    """The days before on which visitors of hot rows and of days that are not told were seen."""
    connection, known = moment.connection, moment.known
    files = list(dict.fromkeys(file for of_day in untold.values() for file in of_day))
    footers.assure_types(connection, files)
    footers.find_whole(connection, moment.site_id, files)
    since = {file for day, of_day in untold.items() if day >= first for file in of_day}
    # A file that is not whole may have rows of any day.
    read = [file for file in files if file in since or not file.is_whole]
    period = replace(moment.period, start=first)
    bound = {**scope(moment.site_id, period), "site": known.site, "first_day": first}
    sql = SEEN_AGAIN.format(alias=known.alias, rows=hot_and(read, condition=IN_SCOPE))
    return {day for (day,) in connection.execute(sql, bound).fetchall()}
