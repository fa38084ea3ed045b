"""The heatmap once more, in plain Python from its definition."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from mallard.model import Period
from tests.reports.oracle import Name, View, bucket_at, clock, grouped, moment, pageviews, visitors

Cell = tuple[int, int]


def heatmap(view: View, period: Period, now: datetime) -> list[tuple[int, int, int, int, int]]:
    """By each event's own clock; hours that have begun by now, or in which somebody came."""
    begun = {name for name, at in first_quarters(period).items() if at <= now}
    events = grouped(view.events, lambda event: bucket_at(moment(event), period, "hour"))
    came: Counter[Cell] = Counter()
    viewed: Counter[Cell] = Counter()
    times = Counter(cell_of(name) for name in begun | set(events))
    for name, group in events.items():
        came[cell_of(name)] += visitors(group)
        viewed[cell_of(name)] += pageviews(group)
    cells = [(weekday, hour) for weekday in range(1, 8) for hour in range(24)]
    return [(*cell, came[cell], viewed[cell], times[cell]) for cell in cells]


def cell_of(name: Name) -> Cell:
    at = datetime.strptime(name[0], "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    return at.isoweekday(), at.hour


def first_quarters(period: Period) -> dict[Name, datetime]:
    """The first quarter of an hour of each hour that clocks of the period's zone show."""
    start = datetime.combine(period.start, datetime.min.time(), UTC) - timedelta(days=1)
    found: dict[Name, datetime] = {}
    for n in range(((period.end - period.start).days + 2) * 96):
        at = start + timedelta(minutes=15 * n)
        if period.start <= clock(at, period).date() < period.end:
            found.setdefault(bucket_at(at, period, "hour"), at)
    return found
