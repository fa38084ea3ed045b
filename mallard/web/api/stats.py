"""The reports as JSON: each route asks one report with the query that the arguments spell."""

from __future__ import annotations

import msgspec
from flask import Blueprint, Response, abort, request

from mallard.reports.breakdown import DIMENSIONS, breakdown
from mallard.reports.query import ReportQuery
from mallard.reports.timeseries import timeseries
from mallard.reports.totals import totals
from mallard.web.state import parts

blueprint = Blueprint("stats", __name__, url_prefix="/api/stats")


@blueprint.get("/main")
def main() -> Response:
    """The headline figures."""
    return _json(parts().reports.ask(totals, _query()))


@blueprint.get("/timeseries")
def by_time() -> Response:
    """Visitors and pageviews by hour or day."""
    return _json(parts().reports.ask(timeseries, _query()))


@blueprint.get("/breakdown/<dimension>")
def by_dimension(dimension: str) -> Response:
    """Visitors and pageviews by the values of a dimension."""
    if dimension not in DIMENSIONS:
        abort(404, f"there is no breakdown by {dimension}; there are {', '.join(DIMENSIONS)}")
    return _json(parts().reports.ask(breakdown, _query(), dimension))


def _query() -> ReportQuery:
    return ReportQuery.from_args(dict(request.args.lists()), parts().today())


def _json(rows: object) -> Response:
    return Response(msgspec.json.encode(rows), mimetype="application/json")
