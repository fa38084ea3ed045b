"""Plausible's Stats API, in both versions.

Questions and answers have the form that Plausible's clients know, so it is no part of our own API's
description; errors are the same in both.
"""

from __future__ import annotations

from functools import partial

import duckdb
from flask import Blueprint, Response, abort, request

from mallard.model import Period
from mallard.peers.plausible_stats import v1, v2
from mallard.peers.plausible_stats.figures import Figures
from mallard.peers.plausible_stats.words import Words
from mallard.reports.arguments import BadQuery
from mallard.reports.by_dimensions import by_dimensions
from mallard.reports.query import ReportQuery, is_site_id
from mallard.reports.realtime import realtime
from mallard.web.api.asking import args, as_json
from mallard.web.dashboard.language import ENGLISH, names_of_countries
from mallard.web.decided import goals_of, in_segments
from mallard.web.errors import answer
from mallard.web.peers import plausible_sites
from mallard.web.rooms import Room
from mallard.web.state import parts

NAME = "mallard.plausible_stats"
UNKNOWN_SITE = "there is no such site, or the key is not good for it"

blueprint = Blueprint("plausible_stats", __name__)


def room() -> Room:
    """The room in which Plausible's clients read."""
    return Room(NAME, None, (blueprint, plausible_sites.blueprint))


@blueprint.get("/api/v1/stats/realtime/visitors")
def get_current_visitors() -> Response:
    """How many visitors are there now: a bare number."""
    now = parts().now()
    query = ReportQuery(_site_id(args().get("site_id", [""])[0]), Period(now.date(), now.date()))
    return as_json(parts().reports.look(realtime, query, now).current_visitors)


@blueprint.get("/api/v1/stats/aggregate")
def get_aggregate() -> Response:
    """Figures of all."""
    return as_json(_asking().aggregate())


@blueprint.get("/api/v1/stats/timeseries")
def get_timeseries() -> Response:
    """Figures over time."""
    return as_json(_asking().timeseries())


@blueprint.get("/api/v1/stats/breakdown")
def get_breakdown() -> Response:
    """Figures by the values of a property."""
    return as_json(_asking().breakdown())


@blueprint.post("/api/v2/query")
def query() -> Response:
    """Figures by any dimensions, of what nested filters keep."""
    body = v2.parsed(request.get_data(cache=False))
    site_id = _site_id(body.site_id)
    zone = _zone(site_id)
    answering = v2.Answering(
        body,
        site_id,
        parts().now(),
        parts().today(zone),
        zone,
        _figures(site_id),
        lambda: parts().reports.first_day(site_id, zone),
        partial(in_segments, parts().register.of(site_id)),
        parts().reports.imported_days,
    )
    return as_json(answering.answer())


@blueprint.errorhandler(duckdb.InvalidInputException)
def refuse_expression(error: duckdb.InvalidInputException) -> Response:
    """An expression that RE2 does not understand."""
    return answer(400, f"filters: {error}")


def _asking() -> v1.Asking:
    site_id = _site_id((args().get("site_id") or [""])[0])
    zone = _zone(site_id)
    days_of = parts().reports.imported_days
    return v1.Asking(args(), site_id, parts().today(zone), zone, _figures(site_id), days_of)


def _zone(site_id: str) -> str:
    """The time zone that the site's days are of."""
    return parts().register.zone_of(site_id)


def _figures(site_id: str) -> Figures:
    return Figures(
        lambda query, asked: parts().reports.ask(by_dimensions, query, asked),
        goals_of(parts().register.of(site_id)),
        Words(names_of_countries(ENGLISH)),
    )


def _site_id(text: str) -> str:
    """The site that is asked about, by its id or an alias; it has to be there."""
    if not text:
        raise BadQuery("site_id is missing")
    site_id = parts().register.site_behind(text)
    if not is_site_id(site_id) or site_id not in parts().known_sites():
        abort(401, UNKNOWN_SITE)
    return site_id
