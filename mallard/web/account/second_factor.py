"""The page on which a person begins or ends to be asked for a code beside the password."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response

from mallard.auth.lockout import LockedOut, WrongPassword
from mallard.people.factors import AlreadyBegun
from mallard.people.second_factor import picture, provisioning
from mallard.texts.catalogue import N_, _
from mallard.web.account.locked_out import PASSWORDS, locked_out
from mallard.web.account.own import own_page, person_id
from mallard.web.client import client_address
from mallard.web.dashboard.view import asked_url
from mallard.web.state import parts

blueprint = Blueprint("second_factor", __name__, url_prefix="/account/second-factor")

NO_GOOD = N_("This code is wrong. Check that the clock of your device is right.")
WRONG = N_("The password is wrong.")
THERE_IS_ONE = N_("You have a second factor. To use another device, turn it off first.")


@blueprint.get("")
def page() -> Response:
    """What a device reads, and the field for the first code that it shows."""
    found = parts().accounts.people.get(person_id())
    if found is not None and found.second_factor is not None:
        return own_page(409, factor_problem=_(THERE_IS_ONE))
    return _page(200)


@blueprint.post("")
def begin() -> Response:
    """Asks for codes from now on. Those for a loss are in this very answer and never again."""
    try:
        codes = parts().accounts.factors.begin(person_id(), request.form.get("code", ""))
    except WrongPassword:
        return _page(400, problem=_(NO_GOOD))
    except AlreadyBegun:
        return own_page(409, factor_problem=_(THERE_IS_ONE))
    return own_page(201, codes=codes)


@blueprint.post("/codes")
def new_codes() -> Response:
    """Makes other codes for a loss, and the old ones useless."""
    if refused := _by_password():
        return refused
    return own_page(201, codes=parts().accounts.factors.renew_codes(person_id()))


@blueprint.post("/end")
def end() -> Response:
    """Asks for no codes any more."""
    if refused := _by_password():
        return refused
    parts().accounts.factors.end(person_id())
    return own_page(201, saved="second-factor")


def _by_password() -> Response | None:
    """The page that refuses whoever does not tell the password with the form."""
    given = request.form.get("password", "")
    try:
        parts().accounts.check_password(person_id(), given, client_address())
    except WrongPassword:
        return own_page(403, factor_problem=_(WRONG))
    except LockedOut as error:
        return locked_out(error, PASSWORDS, lambda problem: own_page(429, factor_problem=problem))
    return None


def _page(status: int, **shown: Any) -> Response:
    secret, name = parts().accounts.factors.to_begin(person_id())
    page = render_template(
        "settings/second_factor.html",
        url=asked_url({}),
        sites=[],
        is_required=parts().instance.known.instance.require_second_factor,
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        picture=picture(provisioning(secret, name, request.host)),
        **shown,
    )
    return make_response(page, status)
