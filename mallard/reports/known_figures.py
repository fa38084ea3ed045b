"""Figures by no dimension, or by time alone, from the reports that add up days that are known."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from mallard.reports.parameters import INTERVALS
from mallard.reports.query import ReportQuery
from mallard.reports.session_series import session_series
from mallard.reports.timeseries import timeseries
from mallard.reports.totals import totals
from mallard.store.reader import Reader

OF_TOTALS = {
    "visitors": "unique_visitors",
    "pageviews": "total_pageviews",
    "sessions": "sessions",
    "bounce_rate": "bounce_rate",
    "avg_visit_duration_secs": "avg_visit_duration_secs",
    "views_per_session": "views_per_session",
}
"""What each figure is called there."""
OF_VISITS = ("visitors", "pageviews")

Rows = list[tuple[tuple[str, ...], tuple[int | float, ...]]]


def known_figures(
    reader: Reader, query: ReportQuery, dimensions: Sequence[str], metrics: Collection[str]
) -> Rows | None:
    """The rows, times without events left out; None for what only events or legs can tell."""
    if not OF_TOTALS.keys() >= set(metrics):
        return None
    if not dimensions:
        found = totals(reader, query)
        return [((), tuple(getattr(found, OF_TOTALS[metric]) for metric in metrics))]
    if len(dimensions) > 1 or dimensions[0] not in INTERVALS:
        return None
    return _over_time(reader, replace(query, interval=dimensions[0]), metrics)


def _over_time(reader: Reader, query: ReportQuery, metrics: Collection[str]) -> Rows:
    """Whatever happens is of a session, and whatever session begins has an event."""
    visits, sessions = timeseries(reader, query), []
    if not set(metrics) <= set(OF_VISITS):
        sessions = session_series(reader, query)
    rows: Rows = []
    for place, bucket in enumerate(visits):
        begun = sessions[place] if sessions else None
        if bucket.visitors or bucket.pageviews or (begun and begun.sessions):
            figures = (
                getattr(bucket if metric in OF_VISITS else begun, metric) for metric in metrics
            )
            rows.append(((bucket.date,), tuple(figures)))
    return rows
