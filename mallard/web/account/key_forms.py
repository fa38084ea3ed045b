"""What becomes of the forms that make API keys and revoke them, on whichever page they are."""

from __future__ import annotations

from collections.abc import Callable

from flask import abort, request
from werkzeug.wrappers import Response

from mallard.auth.keys import BadKey
from mallard.texts.catalogue import N_, _
from mallard.web import own
from mallard.web.account.fields import lines_of


def made(page: Callable[..., Response]) -> Response:
    """Makes a key. It is shown in this very answer and never again, so nothing is redirected.

    The page is drawn with a status, and with what was `created` or the `key_problem`.
    """
    name, scope = request.form.get("name", ""), request.form.get("scope", "")
    try:
        created = own.create_key(name, scope, lines_of(request.form.get("sites", "")) or None)
    except BadKey as error:
        return page(400, key_problem=_("The %(problem)s.", problem=error))
    return page(201, created=created)


def revoke(key_hash: str) -> None:
    """Makes a key useless; aborts with 404 where there is none."""
    if not own.revoke_key(key_hash):
        abort(404, N_("there is no such key"))
