"""Logging in and out, as JSON; each address has a short alias without `/api`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
from flask import Blueprint, Response, abort, jsonify, request
from msgspec import Meta

from mallard.auth.access import NoPassword
from mallard.auth.lockout import WrongPassword
from mallard.auth.passwords import LONGEST, SHORTEST, AlreadySet, BadPassword
from mallard.people.second_factor import CodeNeeded
from mallard.web.api.body import decoded
from mallard.web.api.described import Answer, Body, Subject, described
from mallard.web.client import api_key, needs_setup_token, session_token
from mallard.web.guards import SET_UP_FIRST, caller
from mallard.web.session_cookie import with_session, without_session
from mallard.web.signing_in import signed_in_as
from mallard.web.state import parts

blueprint = Blueprint("auth", __name__)


class Password(msgspec.Struct, omit_defaults=True):
    """The dashboard's password."""

    password: Annotated[
        str, Meta(description=f"{SHORTEST} to {LONGEST} characters when it is set.")
    ]
    token: Annotated[
        str, Meta(description="That of the start's log, where the setup asks for one.")
    ] = ""
    name: Annotated[
        str,
        Meta(description="A person's; without it, it is the dashboard's password."),
    ] = ""
    code: Annotated[str, Meta(description="Of the second factor, where the account has one.")] = ""


@dataclass(frozen=True, slots=True)
class Token:
    """A session, which the cookie mm_session holds too."""

    token: str


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """It is done."""

    status: Literal["logged_out"]


@dataclass(frozen=True, slots=True)
class Status:
    """Who the caller is. `authenticated` is true for everybody while no password is set."""

    setup_required: bool
    authenticated: bool


_COOKIE = "The session, as `mm_session`: HttpOnly, SameSite=Strict, and Secure where that is set."
_PASSWORD = Body(Password, Password("correct horse battery staple"))
_SIGNED_IN = Answer("Signed in.", Token("8e1f0c5a4b…"), headers={"Set-Cookie": (str, _COOKIE)})


@blueprint.post("/api/auth/setup")
@blueprint.post("/auth/setup")
@described(Subject.SIGNING_IN, _PASSWORD, _SIGNED_IN, refuses=(409,))
def set_up() -> Response:
    """Set the first password.

    Possible once. Until then the dashboard is open to whoever reaches it by an address or a local
    name. Under any other name `token` must be the one that the start has written into the log.
    """
    access = parts().access
    if not access.is_open:
        abort(409, "Admin password already configured")
    given = _given()
    if needs_setup_token() and not access.knows_setup_token(given.token):
        abort(403, SET_UP_FIRST)
    try:
        token = access.set_up(given.password)
    except AlreadySet:
        abort(409, "Admin password already configured")
    except BadPassword as error:
        abort(400, str(error))
    return with_session(jsonify(Token(token)), token)


@blueprint.post("/api/auth/login")
@blueprint.post("/auth/login")
@described(Subject.SIGNING_IN, _PASSWORD, _SIGNED_IN, refuses=(401, 429))
def log_in() -> Response:
    """Sign in.

    By the dashboard's one password, or by that of a person, with the `name`. Too many wrong
    passwords in a row lock an address out for a while.
    """
    given = _given()
    try:
        token = signed_in_as(given.name, given.password, given.code or None)
    except CodeNeeded:
        abort(401, "this account asks for a code, too: send it as code")
    except NoPassword:
        abort(400, "No admin password configured. Use /api/auth/setup first.")
    except WrongPassword:
        abort(401, "Invalid password")
    return with_session(jsonify(Token(token)), token)


@blueprint.post("/api/auth/logout")
@blueprint.post("/auth/logout")
@described(Subject.SIGNING_IN, Answer("Signed out.", LoggedOut("logged_out")))
def log_out() -> Response:
    """Sign out."""
    parts().access.sessions.close(session_token() or "")
    parts().access.readers.close(api_key() or "")
    return without_session(jsonify(LoggedOut("logged_out")))


@blueprint.get("/api/auth/status")
@blueprint.get("/auth/status")
@described(
    Subject.SIGNING_IN, Answer("The state.", Status(setup_required=False, authenticated=True))
)
def get_status() -> Response:
    """Whether a password is set, and whether you are let in."""
    return jsonify(Status(parts().access.is_open, caller() is not None))


def _given() -> Password:
    # curl calls everything it posts a form, JSON too.
    if not request.get_data().lstrip().startswith(b"{") and "password" in request.form:
        return Password(*(request.form.get(key, "") for key in Password.__struct_fields__))
    return decoded(Password)
