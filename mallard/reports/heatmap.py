"""When in the week visitors come: the hours of a period, by their weekday and what clocks show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from mallard.reports.desk import ReportDesk
from mallard.reports.query import ReportQuery
from mallard.reports.timeseries import Bucket, begun, timeseries

WEEKDAYS, HOURS = range(1, 8), range(24)


@dataclass(frozen=True, slots=True)
class Heat:
    """One hour of a weekday, from 1 for Monday, in all of the period.

    `hours` is how often it has come, twice on a day on which clocks are put back. The figures are
    those of each such hour added up: who comes on two Mondays counts on both.
    """

    weekday: int
    hour: int
    visitors: int
    pageviews: int
    hours: int


def heatmap(desk: ReportDesk, query: ReportQuery, now: datetime) -> list[Heat]:
    """The 168 hours of a week in order; those of the period that have not begun are no hours."""
    hourly = replace(query, interval="hour")
    return put_together(desk.ask(timeseries, hourly), begun(hourly, now))


def put_together(buckets: Sequence[Bucket], has_begun: int) -> list[Heat]:
    """The hours of a week of single ones, of which so many have begun.

    An event may be a little ahead of the clock; then its hour counts as well.
    """
    found = {(weekday, hour): [0, 0, 0] for weekday in WEEKDAYS for hour in HOURS}
    for place, bucket in enumerate(buckets):
        figures = found[_weekday(bucket.date), int(bucket.date[11:13])]
        figures[0] += bucket.visitors
        figures[1] += bucket.pageviews
        figures[2] += place < has_begun or bucket.visitors > 0
    return [Heat(*cell, *figures) for cell, figures in found.items()]


def _weekday(label: str) -> int:
    return date.fromisoformat(label[: len("YYYY-MM-DD")]).isoweekday()
