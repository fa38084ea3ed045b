"""One look at a site: what is asked, and each report written out for its panel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from mallard.charts.bars import bar_widths
from mallard.charts.line import LineChart, line_chart
from mallard.config import Settings
from mallard.reports.breakdown import breakdown
from mallard.reports.desk import ReportDesk
from mallard.reports.query import ReportQuery
from mallard.reports.timeseries import FORMS, timeseries
from mallard.reports.totals import totals
from mallard.web.dashboard.page_url import PageUrl
from mallard.web.dashboard.wording import bucket_text, duration, grouped, share, value_text


@dataclass(frozen=True, slots=True)
class View:
    """One look at a site: the address, the question it stands for, and whom to ask."""

    url: PageUrl
    query: ReportQuery
    desk: ReportDesk
    now: datetime
    settings: Settings


@dataclass(frozen=True, slots=True)
class Figure:
    """One headline figure, written out."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a breakdown; `url` is the view of this value alone."""

    text: str
    value: str
    visitors: int
    pageviews: int
    share: float
    width: float
    url: PageUrl


def figures(view: View) -> list[Figure]:
    """The headline figures, written out."""
    found = view.desk.ask(totals, view.query)
    return [
        Figure("Unique visitors", grouped(found.unique_visitors)),
        Figure("Total pageviews", grouped(found.total_pageviews)),
        Figure("Sessions", grouped(found.sessions)),
        Figure("Views per session", f"{found.views_per_session:.1f}"),
        Figure("Bounce rate", share(found.bounce_rate)),
        Figure("Visit duration", duration(found.avg_visit_duration_secs)),
    ]


def chart(view: View) -> LineChart:
    """Visitors and pageviews over the period; buckets that have not begun stay blank."""
    buckets = view.desk.ask(timeseries, view.query)
    current = view.now.strftime(FORMS[view.query.interval])
    begun = [bucket for bucket in buckets if bucket.date <= current]
    is_one_day = len(view.query.period.days) == 1
    return line_chart(
        [bucket_text(bucket.date, is_one_day) for bucket in buckets],
        {"Visitors": [b.visitors for b in begun], "Pageviews": [b.pageviews for b in begun]},
        unfinished=bool(begun) and begun[-1].date == current,
    )


def rows(view: View, dimension: str, filtered_by: str, limit: int) -> list[Row]:
    """The busiest values of a dimension, with their share of all visitors."""
    everyone = view.desk.ask(totals, view.query).unique_visitors
    found = view.desk.ask(breakdown, replace(view.query, limit=limit), dimension)
    return [
        Row(
            text=value_text(filtered_by, row.value),
            value=row.value,
            visitors=row.visitors,
            pageviews=row.pageviews,
            share=row.visitors / everyone if everyone else 0.0,
            width=width,
            url=view.url.only(filtered_by, row.value),
        )
        for row, width in zip(found, bar_widths([r.visitors for r in found]), strict=True)
    ]
