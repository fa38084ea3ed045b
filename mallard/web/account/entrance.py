"""The pages for setting the first password, signing in and signing out, as plain forms."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from mallard.auth.lockout import LockedOut, WrongPassword
from mallard.auth.passwords import LONGEST, SHORTEST, AlreadySet, BadPassword
from mallard.auth.roles import Role
from mallard.people.second_factor import CodeNeeded
from mallard.texts.catalogue import N_, _, sentence
from mallard.texts.said import said
from mallard.web.account.locked_out import PASSWORDS, locked_out
from mallard.web.base_path import address
from mallard.web.client import needs_setup_token, session_token
from mallard.web.guards import caller, may, safe_target
from mallard.web.half_cookie import with_half
from mallard.web.session_cookie import with_session, without_session
from mallard.web.sharing import gate
from mallard.web.signing_in import is_persons, signed_in_as
from mallard.web.state import parts

WRONG_PAIR = N_("The name or the password is wrong.")

blueprint = Blueprint("entrance", __name__)


@blueprint.app_context_processor
def entrance() -> dict[str, Any]:
    """What every page says: about getting in and out, about trouble, and days about to go."""
    return {
        "is_open": parts().access.is_open,
        "is_shared": request.blueprint == gate.BLUEPRINT,
        "shared": g.get("shared"),
        "is_signed_in": session_is_open(),
        "trouble": parts().trouble(),
        "about_to_go": parts().about_to_go() if may(Role.OWNER) else None,
        "may": may,
        "who": caller(),
    }


@blueprint.get("/login")
def login_page() -> Response:
    """The form; whoever is signed in goes on."""
    target = safe_target(request.args.get("next"))
    if parts().access.is_open:
        return redirect(url_for(".setup_page"))
    if caller() is not None:
        return redirect(target)
    # A link on another site comes without our cookie. From a page of our own the browser sends it.
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return _page("auth/again.html", 200, target=target)
    return _page("auth/login.html", 200, target=target)


@blueprint.post("/login")
def log_in() -> Response:
    """Signs in, and goes on to where the visitor wanted to be."""
    access = parts().access
    target = safe_target(request.form.get("next"))
    if access.is_open:
        return redirect(url_for(".setup_page"), 303)
    name = request.form.get("username", "").strip()
    try:
        token = signed_in_as(name, request.form.get("password", ""), None)
    except CodeNeeded as needed:
        half = parts().accounts.halves.open(needed.person)
        return with_half(redirect(url_for("second_step.page", next=target), 303), half)
    except WrongPassword:
        is_of_person = is_persons(name)
        problem = _(WRONG_PAIR) if is_of_person else _("The password is wrong.")
        return _page(
            "auth/login.html",
            401,
            target=target,
            problem=problem,
            name=name if is_of_person else "",
        )
    except LockedOut as error:
        return locked_out(
            error,
            PASSWORDS,
            lambda problem: _page("auth/login.html", 429, target=target, problem=problem),
        )
    return with_session(redirect(target, 303), token)


@blueprint.get("/setup")
def setup_page() -> Response:
    """The form for the first password."""
    if not parts().access.is_open:
        return redirect(url_for(".login_page"))
    return _page("auth/setup.html", 200)


@blueprint.post("/setup")
def set_up() -> Response:
    """Keeps the first password and signs in."""
    password = request.form.get("password", "")
    if needs_setup_token() and not parts().access.knows_setup_token(request.form.get("token", "")):
        return _page("auth/setup.html", 403, problem=_("The token is wrong."))
    try:
        if not parts().access.is_open:
            raise AlreadySet
        if password != request.form.get("repeated", password):
            raise BadPassword(said("The two passwords differ"))
        token = parts().access.set_up(password)
    except AlreadySet:
        problem = _("There is a password already.")
        return _page("auth/login.html", 409, target=address("/"), problem=problem)
    except BadPassword as error:
        return _page("auth/setup.html", 400, problem=sentence(error))
    return with_session(redirect(address("/"), 303), token)


@blueprint.post("/logout")
def log_out() -> Response:
    """Signs out."""
    parts().access.sessions.close(session_token() or "")
    return without_session(redirect(url_for(".login_page"), 303))


def session_is_open() -> bool:
    """Whether this browser is signed in."""
    token = session_token()
    return token is not None and parts().access.sessions.is_open(token)


def _page(template: str, status: int, **shown: Any) -> Response:
    page = render_template(
        template,
        asks_for_name=bool(parts().accounts.people.all()),
        shortest=SHORTEST,
        longest=LONGEST,
        needs_setup_token=needs_setup_token(),
        **shown,
    )
    return make_response(page, status)
