"""The settings page: the password, API keys, and each site's line to paste."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from mallard.auth.keys import LONGEST_NAME, ApiKey, Scope, owner_of, sites_of
from mallard.auth.lockout import LockedOut, WrongPassword
from mallard.auth.passwords import LONGEST, SHORTEST, AlreadySet, BadPassword
from mallard.texts.catalogue import N_, _, sentence
from mallard.texts.said import said
from mallard.web import own
from mallard.web.account import key_forms
from mallard.web.account.locked_out import PASSWORDS, locked_out
from mallard.web.client import client_address, public_address, session_token
from mallard.web.dashboard.dates import day_text
from mallard.web.dashboard.view import asked_url
from mallard.web.state import parts
from mallard.web.tracker import TOLD
from mallard.zones.days import names

NOT_THE_CURRENT_ONE = N_("The current password is wrong.")

blueprint = Blueprint("settings", __name__, url_prefix="/settings")

blueprint.add_app_template_global(public_address)
blueprint.add_app_template_filter(day_text, "day")


@blueprint.app_template_filter("key_owner")
def key_owner(key: ApiKey) -> tuple[str, tuple[str, ...]]:
    """The name of the person whose key it is, if it is somebody's, and the sites that it is for."""
    person = parts().accounts.people.get(owner_of(key))
    return (person.name if person else ""), sites_of(key) or ()


@blueprint.get("")
def page() -> Response:
    """The settings."""
    return settings_page(200, is_changed="changed" in request.args, saved=request.args.get("saved"))


@blueprint.post("/password")
def change_password() -> Response:
    """Keeps another password, and signs every other browser out."""
    old, new = request.form.get("old", ""), request.form.get("new", "")
    try:
        if new != request.form.get("repeated", new):
            raise BadPassword(said("The two new passwords differ"))
        parts().access.change_password(old, new, client_address(), session_token())
    except WrongPassword:
        return settings_page(403, password_problem=_(NOT_THE_CURRENT_ONE))
    except LockedOut as error:
        return locked_out(
            error, PASSWORDS, lambda problem: settings_page(429, password_problem=problem)
        )
    except BadPassword as error:
        return settings_page(400, password_problem=sentence(error))
    except AlreadySet:
        abort(409, N_("the password is set by MALLARD_ADMIN_PASSWORD or the settings file"))
    return redirect(url_for(".page", changed="", _anchor="password"), 303)


@blueprint.post("/keys")
def create_key() -> Response:
    """Makes a key of the instance."""
    return key_forms.made(settings_page)


@blueprint.post("/keys/<key_hash>/revoke")
def revoke_key(key_hash: str) -> Response:
    """Makes a key useless."""
    key_forms.revoke(key_hash)
    return redirect(url_for(".page", _anchor="keys"), 303)


def settings_page(status: int, **shown: Any) -> Response:
    """The page, with what became of a form."""
    sites = sorted({*parts().listed_sites(), *parts().known_sites()})
    page = render_template(
        "settings/page.html",
        url=asked_url({}),
        sites=[],
        own_sites=sites,
        told=TOLD,
        track=[word for word in TOLD if word in request.args.getlist("track")],
        access=parts().access,
        instance=parts().instance.known,
        timezones=names(),
        own_keys=own.seen_keys(),
        smtp=parts().settings.smtp,
        troubles=parts().notebook.book.troubles if parts().settings.smtp else (),
        scopes=list(Scope),
        shortest=SHORTEST,
        longest=LONGEST,
        longest_name=LONGEST_NAME,
        **shown,
    )
    return make_response(page, status)
