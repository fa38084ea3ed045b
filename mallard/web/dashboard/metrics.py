"""The six headline figures: where each stands in the reports, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from mallard.charts.axis import COUNTS, Scale, nice_ceiling, nice_seconds
from mallard.reports.arguments import BadQuery
from mallard.reports.goal_series import goal_series
from mallard.reports.query import ReportQuery
from mallard.reports.session_series import session_series
from mallard.reports.timeseries import timeseries
from mallard.web.dashboard.view import View
from mallard.web.dashboard.wording import decimal, duration, grouped, rate, share

SHARES = Scale(nice_ceiling, share)
RATES = Scale(nice_ceiling, rate)
DURATIONS = Scale(nice_seconds, duration)


class Timed(Protocol):
    """A bucket of a report by time."""

    @property
    def date(self) -> str:
        """Its label."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure that is called `total` in the totals, and `name` in a report by time."""

    name: str
    title: str
    total: str
    by_time: Callable[..., Sequence[Timed]]
    text: Callable[[float], str]
    scale: Scale = COUNTS
    less_is_better: bool = False
    is_rate: bool = False
    """A fraction of a whole, whose change is told in percentage points."""


VISITORS = Metric("visitors", "Unique visitors", "unique_visitors", timeseries, grouped)
METRICS = (
    VISITORS,
    Metric("sessions", "Sessions", "sessions", session_series, grouped),
    Metric("pageviews", "Total pageviews", "total_pageviews", timeseries, grouped),
    Metric("views_per_session", "Views per session", "views_per_session", session_series, decimal),
    Metric(
        "bounce_rate",
        "Bounce rate",
        "bounce_rate",
        session_series,
        share,
        SHARES,
        less_is_better=True,
        is_rate=True,
    ),
    Metric(
        "avg_visit_duration_secs",
        "Visit duration",
        "avg_visit_duration_secs",
        session_series,
        duration,
        DURATIONS,
    ),
)
CONVERSIONS = Metric("conversions", "Conversions", "conversions", goal_series, grouped)
OF_GOAL = (
    CONVERSIONS,
    Metric(
        "conversion_rate",
        "Conversion rate",
        "conversion_rate",
        goal_series,
        rate,
        RATES,
        is_rate=True,
    ),
)
"""Those of the chosen goal."""

BY_NAME = {metric.name: metric for metric in METRICS}
CHARTED = BY_NAME | {metric.name: metric for metric in OF_GOAL}
"""What the chart may show."""


def over_time(view: View, metric: Metric, query: ReportQuery) -> Sequence[Timed]:
    """A figure in each bucket; of the chosen goal where it is one of a goal's."""
    if metric in OF_GOAL:
        if view.goal is None:
            raise BadQuery(f"metric={metric.name} needs a goal")
        return view.desk.ask(goal_series, query, view.goal)
    return view.desk.ask(metric.by_time, query)
