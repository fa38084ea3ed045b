"""Logging in and out, as JSON; each address has a short alias without `/api`."""

from __future__ import annotations

import msgspec
from flask import Blueprint, Response, abort, jsonify, request

from mallard.auth.access import NoPassword
from mallard.auth.lockout import WrongPassword
from mallard.auth.passwords import AlreadySet, BadPassword
from mallard.web.api.body import decoded
from mallard.web.client import client_address, session_token
from mallard.web.guards import caller
from mallard.web.session_cookie import with_session, without_session
from mallard.web.state import parts

blueprint = Blueprint("auth", __name__)


class Credentials(msgspec.Struct):
    """What setup and login take."""

    password: str


@blueprint.post("/api/auth/setup")
@blueprint.post("/auth/setup")
def set_up() -> Response:
    """Sets the first password and signs in."""
    access = parts().access
    if not access.is_open:
        abort(409, "Admin password already configured")
    try:
        token = access.set_up(_password())
    except AlreadySet:
        abort(409, "Admin password already configured")
    except BadPassword as error:
        abort(400, str(error))
    return with_session(jsonify({"token": token}), token)


@blueprint.post("/api/auth/login")
@blueprint.post("/auth/login")
def log_in() -> Response:
    """Signs in."""
    try:
        token = parts().access.log_in(_password(), client_address(), session_token())
    except NoPassword:
        abort(400, "No admin password configured. Use /api/auth/setup first.")
    except WrongPassword:
        abort(401, "Invalid password")
    return with_session(jsonify({"token": token}), token)


@blueprint.post("/api/auth/logout")
@blueprint.post("/auth/logout")
def log_out() -> Response:
    """Signs out whoever is signed in."""
    parts().access.sessions.close(session_token() or "")
    return without_session(jsonify({"status": "logged_out"}))


@blueprint.get("/api/auth/status")
@blueprint.get("/auth/status")
def status() -> Response:
    """Whether a password is set, and whether the caller is let in."""
    is_known = caller() is not None
    return jsonify({"setup_required": parts().access.is_open, "authenticated": is_known})


def _password() -> str:
    # curl calls everything it posts a form, JSON too.
    if not request.get_data().lstrip().startswith(b"{") and "password" in request.form:
        return request.form["password"]
    return decoded(Credentials).password
