"""The settings page: the password, API keys, and each site's line to paste."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from mallard.auth.keys import LONGEST_NAME, BadKey, Scope
from mallard.auth.lockout import LockedOut, WrongPassword
from mallard.auth.passwords import LONGEST, SHORTEST, AlreadySet, BadPassword
from mallard.web.account.entrance import in_words
from mallard.web.client import client_address, public_address, session_token
from mallard.web.dashboard.view import asked_url
from mallard.web.dashboard.wording import day_text
from mallard.web.state import parts

NOT_THE_CURRENT_ONE = "The current password is wrong."

blueprint = Blueprint("settings", __name__, url_prefix="/settings")

blueprint.add_app_template_global(public_address)
blueprint.add_app_template_filter(day_text, "day")


@blueprint.get("")
def page() -> Response:
    """The settings."""
    return _page(200, is_changed="changed" in request.args)


@blueprint.post("/password")
def change_password() -> Response:
    """Keeps another password, and signs every other browser out."""
    old, new = request.form.get("old", ""), request.form.get("new", "")
    try:
        if new != request.form.get("repeated", new):
            raise BadPassword("The two new passwords differ")
        parts().access.change_password(old, new, client_address(), session_token())
    except WrongPassword:
        return _page(403, password_problem=NOT_THE_CURRENT_ONE)
    except LockedOut as error:
        wait = in_words(error.retry_after_secs)
        response = _page(429, password_problem=f"Too many wrong passwords. Try again in {wait}.")
        response.headers["Retry-After"] = str(error.retry_after_secs)
        return response
    except BadPassword as error:
        return _page(400, password_problem=f"{error}.")
    except AlreadySet:
        abort(409, "the password is set by MALLARD_ADMIN_PASSWORD or the settings file")
    return redirect(url_for(".page", changed="", _anchor="password"), 303)


@blueprint.post("/keys")
def create_key() -> Response:
    """Makes a key. It is shown in this very answer and never again, so nothing is redirected."""
    name, scope = request.form.get("name", ""), request.form.get("scope", "")
    try:
        created = parts().access.keys.create(name, scope)
    except BadKey as error:
        return _page(400, key_problem=f"The {error}.")
    return _page(201, created=created)


@blueprint.post("/keys/<key_hash>/revoke")
def revoke_key(key_hash: str) -> Response:
    """Makes a key useless."""
    if not parts().access.keys.revoke(key_hash):
        abort(404, "there is no such key")
    return redirect(url_for(".page", _anchor="keys"), 303)


def _page(status: int, **shown: Any) -> Response:
    sites = sorted({*parts().listed_sites(), *parts().known_sites()})
    page = render_template(
        "settings/page.html",
        url=asked_url({}),
        sites=[],
        own_sites=sites,
        access=parts().access,
        scopes=list(Scope),
        shortest=SHORTEST,
        longest=LONGEST,
        longest_name=LONGEST_NAME,
        **shown,
    )
    return make_response(page, status)
