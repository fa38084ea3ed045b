"""The page of people: whoever may do everything invites them, and says what each may do."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from mallard.auth.roles import Role
from mallard.register.part import LONGEST_NAME
from mallard.register.people import BadPerson
from mallard.texts.catalogue import N_, sentence
from mallard.web.account.fields import lines_of
from mallard.web.dashboard.view import asked_url
from mallard.web.inviting import change_rights
from mallard.web.inviting import invite as make_invitation
from mallard.web.inviting import invite_again as make_another
from mallard.web.inviting import remove as remove_account
from mallard.web.state import parts

blueprint = Blueprint("people", __name__, url_prefix="/settings/people")

NO_SUCH_PERSON = N_("there is no such person")


@blueprint.get("")
def page() -> Response:
    """The page."""
    return _page(200)


@blueprint.post("")
def invite() -> Response:
    """Invites somebody. The link is in this very answer and never again: nothing is redirected."""
    given = request.form
    try:
        link = make_invitation(given.get("name", ""), given.get("role", ""), _sites())
    except BadPerson as error:
        return _page(400, problem=sentence(error), typed=given)
    return _page(201, link=link)


@blueprint.post("/<person_id>/rights")
def change(person_id: str) -> Response:
    """Lets somebody do more or less."""
    try:
        found = change_rights(person_id, request.form.get("role", ""), _sites())
    except BadPerson as error:
        return _page(400, failed=person_id, problem_of_one=sentence(error))
    return _back() if found else abort(404, NO_SUCH_PERSON)


@blueprint.post("/<person_id>/invitation")
def invite_again(person_id: str) -> Response:
    """Has somebody choose a password anew."""
    link = make_another(person_id)
    return _page(201, link=link) if link else abort(404, NO_SUCH_PERSON)


@blueprint.post("/<person_id>/remove")
def remove(person_id: str) -> Response:
    """Takes somebody's account away."""
    return _back() if remove_account(person_id) else abort(404, NO_SUCH_PERSON)


def _sites() -> list[str] | None:
    """The sites that a form names, one a line; None where it names none, which means all."""
    return lines_of(request.form.get("sites", "")) or None


def _back() -> Response:
    return redirect(url_for(".page", saved=""), 303)


def _page(status: int, **shown: Any) -> Response:
    page = render_template(
        "settings/people.html",
        url=asked_url({}),
        sites=[],
        people=parts().accounts.people.all(),
        roles=list(Role),
        known=parts().known_sites(),
        longest_name=LONGEST_NAME,
        now=parts().now(),
        is_saved="saved" in request.args,
        sends_mail=parts().send_invitation is not None,
        **shown,
    )
    return make_response(page, status)
