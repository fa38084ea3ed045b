"""The reports as JSON: each route asks one report with the query that the arguments spell."""

from __future__ import annotations

import msgspec
from flask import Blueprint, Response, abort, request

from mallard.reports.breakdown import DIMENSIONS, breakdown
from mallard.reports.flow import flow, page_from_args
from mallard.reports.funnel import funnel, window_from_args
from mallard.reports.query import Args, ReportQuery
from mallard.reports.retention import DAILY_IDS_NOTE, retention, weeks_from_args
from mallard.reports.sequences import sequences
from mallard.reports.sessions import sessions
from mallard.reports.steps import steps_from_args
from mallard.reports.timeseries import timeseries
from mallard.reports.totals import totals
from mallard.web.state import parts

blueprint = Blueprint("stats", __name__, url_prefix="/api/stats")


@blueprint.get("/main")
def main() -> Response:
    """The headline figures."""
    return as_json(parts().reports.ask(totals, query()))


@blueprint.get("/timeseries")
def by_time() -> Response:
    """Visitors and pageviews by hour or day."""
    return as_json(parts().reports.ask(timeseries, query()))


@blueprint.get("/breakdown/<dimension>")
def by_dimension(dimension: str) -> Response:
    """Visitors and pageviews by the values of a dimension."""
    if dimension not in DIMENSIONS:
        abort(404, f"there is no breakdown by {dimension}; there are {', '.join(DIMENSIONS)}")
    return as_json(parts().reports.ask(breakdown, query(), dimension))


@blueprint.get("/sessions")
def session_figures() -> Response:
    """How many sessions, how long, how many pages."""
    return as_json(parts().reports.ask(sessions, query()))


@blueprint.get("/funnel")
def funnel_steps() -> Response:
    """The visitors who reached each step."""
    steps = steps_from_args(args(), least=1)
    return as_json(parts().reports.ask(funnel, query(), steps, window_from_args(args())))


@blueprint.get("/sequences")
def sequence_figures() -> Response:
    """The visitors who took all steps in order."""
    return as_json(parts().reports.ask(sequences, query(), steps_from_args(args(), least=2)))


@blueprint.get("/flow")
def next_pages() -> Response:
    """Where visitors went from a page."""
    return as_json(parts().reports.ask(flow, query(), page_from_args(args())))


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


def as_json(rows: object) -> Response:
    """Rows, or one, as a JSON answer."""
    return Response(msgspec.json.encode(rows), mimetype="application/json")
