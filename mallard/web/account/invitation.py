"""The page of an invitation: who opens it chooses a password, once, and is signed in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from mallard.auth.lockout import WrongPassword
from mallard.auth.passwords import LONGEST, SHORTEST, BadPassword
from mallard.people.accounts import NoInvitation
from mallard.register.people import Person
from mallard.texts.catalogue import N_, sentence
from mallard.texts.said import said
from mallard.web import audited
from mallard.web.base_path import address
from mallard.web.session_cookie import with_session
from mallard.web.signing_in import session_of
from mallard.web.state import parts

NOT_ANY_MORE = N_(
    "This invitation is over or was used. Ask the person who invited you for a new one."
)

blueprint = Blueprint("invitation", __name__, url_prefix="/invitation")


@blueprint.get("/<token>")
def page(token: str) -> Response:
    """The form."""
    person = parts().accounts.invitation(token)
    return _page(person) if person else abort(404, NOT_ANY_MORE)


@blueprint.post("/<token>")
def set_up(token: str) -> Response:
    """Keeps the password, and signs in."""
    person, password = parts().accounts.invitation(token), request.form.get("password", "")
    if person is None:
        abort(404, NOT_ANY_MORE)
    try:
        if password != request.form.get("repeated", password):
            raise BadPassword(said("The two passwords differ"))
        accepted = parts().accounts.accept(token, password)
        session = session_of(accepted)
    except (NoInvitation, WrongPassword):
        abort(404, NOT_ANY_MORE)
    except BadPassword as error:
        return _page(person, 400, problem=sentence(error))
    audited.by(accepted.name)
    return with_session(redirect(address("/"), 303), session)


def _page(person: Person, status: int = 200, **shown: Any) -> Response:
    page = render_template(
        "auth/invitation.html", person=person, shortest=SHORTEST, longest=LONGEST, **shown
    )
    return make_response(page, status)
