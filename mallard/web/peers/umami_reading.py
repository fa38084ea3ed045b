"""Umami's API for reading, as far as its clients use it.

Questions and answers have the form that these know, so it is no part of our own API's description.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid5

import duckdb
import msgspec
from flask import Blueprint, Response, abort, current_app, jsonify, request
from werkzeug.exceptions import HTTPException

from mallard.auth.access import NoPassword
from mallard.auth.keys import Scope
from mallard.auth.lockout import WrongPassword
from mallard.model import Period
from mallard.peers.umami_reading import Reading, website
from mallard.reports.arguments import BadQuery, Text, WholeNumber
from mallard.reports.by_dimensions import by_dimensions
from mallard.reports.query import ReportQuery
from mallard.reports.realtime import realtime
from mallard.web.api.asking import args, as_json
from mallard.web.client import client_address
from mallard.web.guards import caller
from mallard.web.rooms import Room
from mallard.web.state import parts

NAME = "mallard.umami_reading"
LOG_IN = "auth.log_in"
"""Our own route, whose address is Umami's as well."""
OUR_NAMESPACE = UUID("0a6ff8f6-4b4c-4b57-9b0e-3c2f8c4c7c5e")
USERNAME = "admin"
ADDED = "1970-01-01T00:00:00.000Z"
CODES = {400: "bad-request", 401: "unauthorized", 403: "forbidden", 404: "not-found"}
PAGE = WholeNumber("page", "", least=1, most=1_000_000, default=1)
PAGE_SIZE = WholeNumber("pageSize", "", least=1, most=1000, default=20)
SEARCH = Text("search", "")

blueprint = Blueprint("umami_reading", __name__)


@dataclass(frozen=True, slots=True)
class Websites:
    """`named` tells the site of the id of a website."""

    named: Callable[[str], str | None]


class Login(msgspec.Struct):
    """What Umami's clients log in with; the name does not matter, as there is one password."""

    username: str
    password: str


def room_of(named: Callable[[str], str | None]) -> Room:
    """The room in which Umami's clients read."""
    return Room(NAME, Websites(named), (blueprint,))


@blueprint.before_app_request
def log_in() -> Response | None:
    """Logs a program in that sends a name beside the password, where others get a session.

    Its token is no session of a browser's: it is sent as keys are, and good for reading alone.
    """
    if request.endpoint != LOG_IN or (given := _login()) is None:
        return None
    try:
        token = parts().access.log_in_to_read(given.password, client_address())
    except NoPassword:
        return _refusal(400, "no password is set; set one at /setup")
    except WrongPassword:
        return _refusal(401, "Incorrect username and/or password.")
    return as_json({"token": token, "user": _user(given.username)})


@blueprint.post("/api/auth/verify")
def verify() -> Response:
    """Whose token it is."""
    return as_json(_user() | {"teams": []})


@blueprint.get("/api/me")
def get_me() -> Response:
    """Whose token it is, at its other address."""
    return as_json({"user": _user(), "authType": "token"})


@blueprint.get("/api/websites")
def list_websites() -> Response:
    """The sites, page by page."""
    page, size, search = PAGE.of(args()), PAGE_SIZE.of(args()), SEARCH.of(args()) or ""
    names = {site: parts().register.name_of(site) for site in parts().known_sites()}
    found = [
        site
        for site, name in names.items()
        if search.lower() in name.lower() or search.lower() in site.lower()
    ]
    shown = found[(page - 1) * size :][:size]
    answer = {"data": list(map(_website, shown)), "count": len(found)}
    return as_json(answer | {"page": page, "pageSize": size})


@blueprint.get("/api/websites/<website_id>")
def get_website(website_id: str) -> Response:
    """One site."""
    return as_json(_website(_site(website_id)))


@blueprint.get("/api/websites/<website_id>/stats")
def get_stats(website_id: str) -> Response:
    """Figures of all."""
    return as_json(_reading(website_id).stats())


@blueprint.get("/api/websites/<website_id>/active")
def get_active(website_id: str) -> Response:
    """How many visitors are there now."""
    now = parts().now()
    query = ReportQuery(_site(website_id), Period(now.date(), now.date()))
    current = parts().reports.look(realtime, query, now).current_visitors
    return as_json({"visitors": current, "x": current})


@blueprint.get("/api/websites/<website_id>/pageviews")
def get_pageviews(website_id: str) -> Response:
    """Pageviews and visitors over time."""
    return as_json(_reading(website_id).series())


@blueprint.get("/api/websites/<website_id>/metrics")
def get_metrics(website_id: str) -> Response:
    """The values of a type, with their visitors."""
    return as_json(_reading(website_id).metrics())


@blueprint.get("/api/websites/<website_id>/metrics/expanded")
def get_expanded_metrics(website_id: str) -> Response:
    """The values of a type, with all figures."""
    return as_json(_reading(website_id).expanded())


@blueprint.get("/api/websites/<website_id>/daterange")
def get_range(website_id: str) -> Response:
    """Since when there are events, and until when."""
    now = parts().now().strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return as_json({"startDate": f"{_since(_site(website_id))}T00:00:00.000Z", "endDate": now})


@blueprint.errorhandler(BadQuery)
def refuse_query(error: BadQuery) -> Response:
    """What is wrong with a question."""
    return _refusal(400, str(error))


@blueprint.errorhandler(duckdb.InvalidInputException)
def refuse_expression(error: duckdb.InvalidInputException) -> Response:
    """An expression that RE2 does not understand."""
    return _refusal(400, str(error))


@blueprint.errorhandler(HTTPException)
def refuse(error: HTTPException) -> Response:
    """What else is wrong."""
    return _refusal(error.code or 500, error.description or error.name)


def _login() -> Login | None:
    """What a program logs in with; None where the body is of another form."""
    try:
        return msgspec.json.decode(request.get_data(), type=Login)
    except (msgspec.DecodeError, RecursionError):
        return None


def _reading(website_id: str) -> Reading:
    site_id, desk = _site(website_id), parts().reports
    zone = parts().register.zone_of(site_id)
    return Reading(
        args(), site_id, zone, lambda query, asked: desk.ask(by_dimensions, query, asked)
    )


def _site(website_id: str) -> str:
    """The site that an id stands for, which has to be there."""
    websites: Websites = current_app.extensions[NAME]
    site_id = websites.named(website_id) or website_id
    if site_id not in parts().known_sites():
        abort(404, "Website not found.")
    return site_id


def _website(site_id: str) -> dict[str, Any]:
    """A site as a website, by the id that it had at Umami, if that is one of its aliases."""
    register = parts().register
    ids = filter(_is_uuid, register.of(site_id).aliases)
    user = {"id": _user()["id"], "username": USERNAME}
    name = register.name_of(site_id)
    return website(next(ids, site_id), name, site_id, _since(site_id), user)


def _since(site_id: str) -> date:
    """The first day of a site; today where it has no events."""
    return min(parts().reports.first_day(site_id), parts().today())


def _user(username: str = USERNAME) -> dict[str, Any]:
    """Who asks; nobody has an account of his own here."""
    who = caller()
    is_admin = who is not None and who.scope is Scope.ADMIN
    return {
        "id": str(uuid5(OUR_NAMESPACE, USERNAME)),
        "username": username,
        "role": "admin" if is_admin else "view-only",
        "createdAt": ADDED,
        "isAdmin": is_admin,
    }


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _refusal(status: int, message: str) -> Response:
    """An error in the form that Umami's clients read."""
    code = CODES.get(status, "error")
    response = jsonify({"error": {"message": message, "code": code, "status": status}})
    response.status_code = status
    return response
