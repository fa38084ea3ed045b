"""The visitors of single hours, and of the same hour in the weeks before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from mallard.alerts.usual import WEEKS, Usual, usual_of
from mallard.model import Period
from mallard.remembered import Remembered
from mallard.reports.desk import ReportDesk
from mallard.reports.query import ReportQuery
from mallard.reports.timeseries import bucket_of, timeseries
from mallard.zones.days import ONE_DAY, ONE_HOUR

DAYS_REMEMBERED = 2_000


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of a site: what it is called by its clocks, who came, and what is usual."""

    label: str
    visitors: int
    usual: Usual


class Hours:
    """Asks for hours; those of days gone by are asked for once in an hour."""

    def __init__(self, desk: ReportDesk) -> None:
        self._desk = desk
        self._days: Remembered[Mapping[str, int]] = Remembered(DAYS_REMEMBERED)

    def running(self, site: str, zone: str, now: datetime) -> Hour | None:
        """The hour that goes on at a UTC moment, so far; None where nothing is usual yet."""
        return self._hour(site, zone, now, now)

    def last(self, site: str, zone: str, now: datetime) -> Hour | None:
        """The hour before that."""
        return self._hour(site, zone, now - ONE_HOUR, now)

    def _hour(self, site: str, zone: str, moment: datetime, now: datetime) -> Hour | None:
        label = bucket_of(moment, "hour", zone)
        day, hour = date.fromisoformat(label[:10]), label[10:16]
        known_since = self._desk.first_day_with_events(site, zone)
        turn = bucket_of(now, "hour", zone)
        earlier = []
        for weeks in range(1, WEEKS + 1):
            then = day - timedelta(weeks=weeks)
            # Of its first day a site may have seen only a part.
            if then <= known_since:
                break
            find = partial(self._of_day, site, zone, then)
            found = self._days.get((site, zone, then, turn), find)
            # An hour that clocks have skipped is none of no visitors.
            if f"{then}{hour}" in found:
                earlier.append(found[f"{then}{hour}"])
        usual = usual_of(earlier)
        if usual is None:
            return None
        return Hour(label, self._of_day(site, zone, day).get(label, 0), usual)

    def _of_day(self, site: str, zone: str, day: date) -> Mapping[str, int]:
        query = ReportQuery(site, Period(day, day + ONE_DAY, zone), interval="hour")
        # Of the hours of an imported day nothing is known; that is not nobody.
        if self._desk.imported_days(query):
            return {}
        return {bucket.date: bucket.visitors for bucket in self._desk.ask(timeseries, query)}
