"""The reports as JSON: each route asks one report with the query that the arguments spell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Concatenate, ParamSpec

import msgspec
from flask import Blueprint, Response, abort, request

from mallard.reports.breakdown import (
    DIMENSIONS,
    MAX_OFFSET,
    breakdown,
    breakdown_of,
    order_from_args,
)
from mallard.reports.comparison import compared_period
from mallard.reports.flow import flow, flow_to, page_from_args
from mallard.reports.funnel import funnel, window_from_args
from mallard.reports.query import Args, ReportQuery, first, whole_number
from mallard.reports.realtime import HOURLY_TIMES_NOTE, realtime
from mallard.reports.retention import DAILY_IDS_NOTE, retention, weeks_from_args
from mallard.reports.revenue import revenue, revenue_of
from mallard.reports.sequences import sequences
from mallard.reports.session_series import session_series
from mallard.reports.sessions import sessions
from mallard.reports.steps import steps_from_args
from mallard.reports.timeseries import timeseries
from mallard.reports.totals import totals
from mallard.store.reader import Reader
from mallard.web.api.compared import beside, by_key, by_position
from mallard.web.state import parts

blueprint = Blueprint("stats", __name__, url_prefix="/api/stats")

P = ParamSpec("P")


@blueprint.get("/main")
def main() -> Response:
    """The headline figures."""
    return _answer(beside, totals)


@blueprint.get("/timeseries")
def by_time() -> Response:
    """Visitors and pageviews by hour, day, week or month."""
    return _answer(by_position, timeseries)


@blueprint.get("/timeseries/sessions")
def sessions_by_time() -> Response:
    """Session figures by hour, day, week or month."""
    return _answer(by_position, session_series)


@blueprint.get("/breakdown/<dimension>")
def by_dimension(dimension: str) -> Response:
    """Visitors and pageviews by the values of a dimension."""
    if dimension not in DIMENSIONS:
        abort(404, f"there is no breakdown by {dimension}; there are {', '.join(DIMENSIONS)}")
    search, order = first(args(), "search") or "", order_from_args(args())
    offset = whole_number(args(), "offset", 0, 0, MAX_OFFSET)
    rows = parts().reports.ask(breakdown, query(), dimension, search, order, offset)
    return _beside_the_same(rows, breakdown_of, dimension, tuple(row.value for row in rows))


@blueprint.get("/revenue")
def payments() -> Response:
    """What events brought in, by event and currency."""
    rows = parts().reports.ask(revenue, query())
    return _beside_the_same(rows, revenue_of, tuple((row.event, row.currency) for row in rows))


@blueprint.get("/sessions")
def session_figures() -> Response:
    """How many sessions, how long, how many pages."""
    return _answer(beside, sessions)


@blueprint.get("/realtime")
def right_now() -> Response:
    """Who is here; a header tells when the settings leave little to see."""
    response = as_json(parts().reports.look(realtime, query(), parts().now()))
    if parts().settings.round_timestamps:
        response.headers["X-Mallard-Note"] = HOURLY_TIMES_NOTE
    return response


@blueprint.get("/funnel")
def funnel_steps() -> Response:
    """The visitors who reached each step."""
    return _answer(by_key, funnel, steps_from_args(args(), least=1), window_from_args(args()))


@blueprint.get("/sequences")
def sequence_figures() -> Response:
    """The visitors who took all steps in order."""
    return _answer(beside, sequences, steps_from_args(args(), least=2))


@blueprint.get("/flow")
def next_pages() -> Response:
    """Where visitors went from a page."""
    page = page_from_args(args())
    rows = parts().reports.ask(flow, query(), page)
    return _beside_the_same(rows, flow_to, page, tuple(row.next_page for row in rows))


@blueprint.get("/retention")
def cohorts() -> Response:
    """Who came back in later weeks; a header tells when the settings leave nothing to see."""
    response = as_json(parts().reports.ask(retention, query(), weeks_from_args(args())))
    if parts().settings.visitor_id_rotation == "daily":
        response.headers["X-Mallard-Note"] = DAILY_IDS_NOTE
    return response


def args() -> Args:
    """The request's arguments: name -> values."""
    return dict(request.args.lists())


def query() -> ReportQuery:
    """What the request's arguments ask for. Raises BadQuery."""
    return ReportQuery.from_args(args(), parts().today())


def compared_query() -> ReportQuery | None:
    """The same of the period to compare with; None when none is asked for. Raises BadQuery."""
    asked = query()
    period = compared_period(args(), asked.period)
    return None if period is None else replace(asked, period=period)


def as_json(rows: object) -> Response:
    """Rows, or one, as a JSON answer."""
    return Response(msgspec.json.encode(rows), mimetype="application/json")


def _beside_the_same(
    rows: Sequence[Any],
    report: Callable[Concatenate[Reader, ReportQuery, P], Any],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Response:
    """Rows, and what a report of just these says of the period to compare with, if any."""
    before = compared_query()
    if before is None:
        return as_json(rows)
    return as_json(by_key(rows, parts().reports.ask(report, before, *args, **kwargs)))


def _answer(
    merge: Callable[[Any, Any], object],
    report: Callable[Concatenate[Reader, ReportQuery, P], Any],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Response:
    """What a report says, merged with what it says of the period to compare with, if any."""
    asked, before, desk = query(), compared_query(), parts().reports
    rows = desk.ask(report, asked, *args, **kwargs)
    if before is None:
        return as_json(rows)
    return as_json(merge(rows, desk.ask(report, before, *args, **kwargs)))
