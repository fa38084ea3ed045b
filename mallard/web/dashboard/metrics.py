"""The six headline figures: where each stands in the reports, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from mallard.charts.axis import Scale, compact, nice_ceiling, nice_count, nice_seconds
from mallard.reports.arguments import BadQuery
from mallard.reports.goal_series import goal_series
from mallard.reports.query import ReportQuery
from mallard.reports.session_series import session_series
from mallard.reports.timeseries import timeseries
from mallard.texts.catalogue import N_
from mallard.texts.forms import number
from mallard.texts.said import said
from mallard.web.dashboard.view import View
from mallard.web.dashboard.wording import decimal, duration, grouped, rate, share

COUNTS = Scale(nice_count, lambda count: number(compact(count)))
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


VISITORS = Metric("visitors", N_("Unique visitors"), "unique_visitors", timeseries, grouped)
METRICS = (
    VISITORS,
    Metric("sessions", N_("Sessions"), "sessions", session_series, grouped),
    Metric("pageviews", N_("Total pageviews"), "total_pageviews", timeseries, grouped),
    Metric(
        "views_per_session", N_("Views per session"), "views_per_session", session_series, decimal
    ),
    Metric(
        "bounce_rate",
        N_("Bounce rate"),
        "bounce_rate",
        session_series,
        share,
        SHARES,
        less_is_better=True,
        is_rate=True,
    ),
    Metric(
        "avg_visit_duration_secs",
        N_("Visit duration"),
        "avg_visit_duration_secs",
        session_series,
        duration,
        DURATIONS,
    ),
)
CONVERSIONS = Metric("conversions", N_("Conversions"), "conversions", goal_series, grouped)
OF_GOAL = (
    CONVERSIONS,
    Metric(
        "conversion_rate",
        N_("Conversion rate"),
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
            raise BadQuery(said("metric=%(name)s needs a goal", name=metric.name))
        return view.desk.ask(goal_series, query, view.goal)
    return view.desk.ask(metric.by_time, query)
