"""The pages for setting the first password, signing in and signing out, as plain forms."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from mallard.auth.lockout import LockedOut, WrongPassword
from mallard.auth.passwords import LONGEST, SHORTEST, AlreadySet, BadPassword
from mallard.web.base_path import address
from mallard.web.client import client_address, needs_setup_token, session_token
from mallard.web.guards import caller, safe_target
from mallard.web.session_cookie import with_session, without_session
from mallard.web.sharing import gate
from mallard.web.state import parts

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
        "about_to_go": parts().about_to_go() if caller() is not None else None,
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
    try:
        password = request.form.get("password", "")
        token = access.log_in(password, client_address(), session_token())
    except WrongPassword:
        return _page("auth/login.html", 401, target=target, problem="The password is wrong.")
    except LockedOut as error:
        problem = f"Too many wrong passwords. Try again in {in_words(error.retry_after_secs)}."
        page = _page("auth/login.html", 429, target=target, problem=problem)
        page.headers["Retry-After"] = str(error.retry_after_secs)
        return page
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
        return _page("auth/setup.html", 403, problem="The token is wrong.")
    try:
        if not parts().access.is_open:
            raise AlreadySet
        if password != request.form.get("repeated", password):
            raise BadPassword("The two passwords differ")
        token = parts().access.set_up(password)
    except AlreadySet:
        problem = "There is a password already."
        return _page("auth/login.html", 409, target=address("/"), problem=problem)
    except BadPassword as error:
        return _page("auth/setup.html", 400, problem=f"{error}.")
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


def in_words(seconds: int) -> str:
    """A wait for people: whole minutes, rounded up, or seconds when there are few."""
    count, unit = (-(-seconds // 60), "minute") if seconds > 60 else (seconds, "second")
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def _page(template: str, status: int, **shown: Any) -> Response:
    page = render_template(
        template,
        shortest=SHORTEST,
        longest=LONGEST,
        needs_setup_token=needs_setup_token(),
        **shown,
    )
    return make_response(page, status)
