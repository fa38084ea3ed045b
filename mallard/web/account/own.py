"""The page of one's own account: password, sessions, API keys."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from mallard.auth.keys import LONGEST_NAME, Scope
from mallard.auth.lockout import LockedOut, WrongPassword
from mallard.auth.passwords import LONGEST, SHORTEST, BadPassword
from mallard.texts.catalogue import N_, _, sentence
from mallard.texts.said import said
from mallard.web import own
from mallard.web.account import key_forms
from mallard.web.account.locked_out import PASSWORDS, locked_out
from mallard.web.account.settings import NOT_THE_CURRENT_ONE
from mallard.web.client import client_address, session_token
from mallard.web.dashboard.view import asked_url
from mallard.web.guards import caller
from mallard.web.state import parts

blueprint = Blueprint("own", __name__, url_prefix="/account")


@blueprint.get("")
def page() -> Response:
    """The page."""
    return own_page(200, saved=request.args.get("saved"))


@blueprint.post("/password")
def change_password() -> Response:
    """Keeps another password, and signs the person's other browsers out."""
    old, new = request.form.get("old", ""), request.form.get("new", "")
    try:
        if new != request.form.get("repeated", new):
            raise BadPassword(said("The two new passwords differ"))
        parts().accounts.change_password(person_id(), old, new, client_address(), session_token())
    except WrongPassword:
        return own_page(403, password_problem=_(NOT_THE_CURRENT_ONE))
    except LockedOut as error:
        return locked_out(error, PASSWORDS, lambda problem: own_page(429, password_problem=problem))
    except BadPassword as error:
        return own_page(400, password_problem=sentence(error))
    return back("password")


@blueprint.post("/sessions/<session_id>/end")
def end_session(session_id: str) -> Response:
    """Signs one of the caller's browsers out."""
    if not own.end_session(session_id):
        abort(404, N_("you have no such session"))
    return back("sessions")


@blueprint.post("/keys")
def create_key() -> Response:
    """Makes a key of one's own."""
    return key_forms.made(own_page)


@blueprint.post("/keys/<key_hash>/revoke")
def revoke_key(key_hash: str) -> Response:
    """Makes a key useless."""
    key_forms.revoke(key_hash)
    return back("keys")


def person_id() -> str:
    """Who is signed in; aborts with 404 where it is nobody with an account."""
    who = caller()
    if who is None or not who.person:
        abort(404, N_("you are signed in by the dashboard's one password, which has no account"))
    return who.person


def back(where: str) -> Response:
    """To the part of the page that was changed, which says so."""
    return redirect(url_for("own.page", saved=where, _anchor=where), 303)


def own_page(status: int, **shown: Any) -> Response:
    """The page."""
    who = caller()
    page = render_template(
        "settings/own.html",
        url=asked_url({}),
        sites=[],
        person=parts().accounts.people.get(who.person) if who and who.person else None,
        own_sessions=own.sessions(),
        own_keys=own.seen_keys(),
        access=parts().access,
        scopes=list(Scope),
        shortest=SHORTEST,
        longest=LONGEST,
        longest_name=LONGEST_NAME,
        now=parts().now(),
        **shown,
    )
    return make_response(page, status)
