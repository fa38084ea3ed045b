"""The second step of signing in: the code that a device shows, or one kept for its loss."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from mallard.auth.lockout import LockedOut, WrongPassword
from mallard.people.accounts import NoInvitation
from mallard.texts.catalogue import N_, _
from mallard.web.account.locked_out import CODES, locked_out
from mallard.web.client import client_address
from mallard.web.guards import safe_target
from mallard.web.half_cookie import COOKIE, without_half
from mallard.web.session_cookie import with_session
from mallard.web.signing_in import session_of
from mallard.web.state import parts

NOT_GOOD = N_("This code is wrong or too old. Wait for the next one.")

blueprint = Blueprint("second_step", __name__, url_prefix="/login/code")


@blueprint.get("")
def page() -> Response:
    """The form."""
    target = safe_target(request.args.get("next"))
    if parts().accounts.halves.find(_half()) is None:
        return redirect(url_for("entrance.login_page", next=target))
    return _page(200, target)


@blueprint.post("")
def log_in() -> Response:
    """Signs in, and goes on to where the visitor wanted to be."""
    target = safe_target(request.form.get("next"))
    try:
        code = request.form.get("code", "")
        token = session_of(parts().accounts.tell_code(_half(), code, client_address()))
    except NoInvitation:
        return redirect(url_for("entrance.login_page", next=target), 303)
    except WrongPassword:
        return _page(401, target, _("This code is wrong or too old. Wait for the next one."))
    except LockedOut as error:
        return locked_out(error, CODES, lambda problem: _page(429, target, problem))
    return without_half(with_session(redirect(target, 303), token))


def _half() -> str:
    return request.cookies.get(COOKIE, "")


def _page(status: int, target: str, problem: str | None = None) -> Response:
    return make_response(render_template("auth/code.html", target=target, problem=problem), status)
