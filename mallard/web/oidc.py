"""The way to the provider and back, there only where the settings have `[oidc]`."""

from __future__ import annotations

import structlog
from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from mallard.auth.lockout import WrongPassword
from mallard.oidc.fetching import ProviderFailed
from mallard.oidc.people import person_of
from mallard.oidc.provider import Provider, Refused
from mallard.oidc.tickets import PENDING_SECS
from mallard.texts.catalogue import N_
from mallard.texts.said import words_of
from mallard.web.client import public_address
from mallard.web.errors import answer
from mallard.web.guards import safe_target
from mallard.web.private_cookie import with_cookie, without_cookie
from mallard.web.rooms import Room
from mallard.web.session_cookie import with_session
from mallard.web.signing_in import session_of
from mallard.web.state import parts

log = structlog.get_logger("mallard.web.oidc")

NAME = "mallard.oidc"
COOKIE = "mm_oidc"
CHANGED_MEANWHILE = N_("your account was changed at this very moment; sign in again")
NOT_THERE = N_("the provider of single sign-on does not answer as it should; try again later")

blueprint = Blueprint("oidc", __name__, url_prefix="/login/oidc")


def room_of(provider: Provider) -> Room:
    """The room of the way there and back."""
    return Room(NAME, provider, (blueprint,))


@blueprint.app_context_processor
def way_there() -> dict[str, str]:
    """What leads there from the page for signing in."""
    return {"provider_name": _provider().oidc.name}


@blueprint.get("")
def begin() -> Response:
    """Sends the browser to the provider."""
    if parts().access.is_open:
        abort(403, N_("first set a password at /setup: until then everybody is let in"))
    back = _origin() + url_for(".come_back")
    try:
        sent = _provider().begin(back, safe_target(request.args.get("next")))
    except ProviderFailed as error:
        return _failed(error)
    # Lax: the provider's page leads back here, and the cookie has to come along.
    return with_cookie(redirect(sent.url, 303), COOKIE, sent.ticket, PENDING_SECS, "Lax")


@blueprint.get("/callback")
def come_back() -> Response:
    """Signs in whom the provider knows, and goes on to where he was going."""
    provider = _provider()
    try:
        ticket = request.cookies.get(COOKIE, "")
        claims, target = provider.finish(ticket, request.args.to_dict())
        session = session_of(person_of(parts().accounts, provider.oidc, claims))
    except Refused as refused:
        return _without_ticket(answer(403, words_of(refused)))
    except WrongPassword:
        return _without_ticket(answer(403, CHANGED_MEANWHILE))
    except ProviderFailed as error:
        return _without_ticket(_failed(error))
    # The browser keeps the session's cookie back until a page of ours asks for it.
    page = render_template("auth/again.html", target=safe_target(target))
    return _without_ticket(with_session(Response(page, mimetype="text/html"), session))


def _failed(error: ProviderFailed) -> Response:
    log.warning("The provider of single sign-on failed", error=str(error))
    return answer(502, NOT_THERE)


def _without_ticket(response: Response) -> Response:
    return without_cookie(response, COOKIE, "Lax")


def _origin() -> str:
    """Where browsers reach us, as the settings say, if they do: a Host header is the client's."""
    own = parts().settings.dashboard_origin
    return own if own is not None else public_address().removesuffix(request.script_root)


def _provider() -> Provider:
    found: Provider = current_app.extensions[NAME]
    return found
