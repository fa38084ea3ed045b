"""How the metrics token comes with a request, and is kept out of addresses after that."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import redirect, request
from werkzeug.wrappers import Response

from mallard.auth.access import ANYBODY, Caller
from mallard.auth.keys import PREFIX
from mallard.auth.metrics_token import LASTS, MetricsToken
from mallard.web.base_path import address
from mallard.web.client import client_address
from mallard.web.errors import answer, is_for_programs
from mallard.web.private_cookie import with_cookie

ARGUMENT = "token"
HEADER = "X-Metrics-Token"
COOKIE = "mm_metrics"


def admit(known: MetricsToken, caller: Caller | None) -> Response | None:
    """Lets in who presents the token, or is signed in or has a key; else says why not.

    A page that is asked for with the token in its address goes on without it, and with a cookie.
    """
    if (given := _presented()) is not None and known.is_known_to(given, client_address()):
        is_page_with_token = ARGUMENT in request.args and not is_for_programs()
        return _without_token(known) if is_page_with_token else None
    is_let_in = given is None and any(map(known.is_sealed, request.cookies.getlist(COOKIE)))
    # While no password is set everybody is let in elsewhere; here that is not enough.
    if is_let_in or (caller is not None and caller is not ANYBODY):
        return None
    if known.token is None and not is_for_programs():
        return answer(404, "There is no such page.")
    refusal = answer(401, "These figures need the metrics token, a session or an API key.")
    refusal.headers["WWW-Authenticate"] = "Bearer"
    return refusal


def _presented() -> str | None:
    """The token that the request carries in its address or a header."""
    scheme, _, bearer = request.headers.get("Authorization", "").strip().partition(" ")
    is_token = scheme.lower() == "bearer" and not bearer.strip().startswith(PREFIX)
    given = (request.args.get(ARGUMENT), request.headers.get(HEADER), is_token and bearer.strip())
    return next((text for text in given if text), None)


def _without_token(known: MetricsToken) -> Response:
    rest = [(k, v) for k, v in request.args.items(multi=True) if k != ARGUMENT]
    response = redirect(address(request.path) + (f"?{urlencode(rest)}" if rest else ""), 303)
    # Lax: a link in a message leads here, too, and nothing is changed by reading.
    with_cookie(response, COOKIE, known.seal(), int(LASTS.total_seconds()), "Lax")
    response.headers["Cache-Control"] = "no-store"
    return response
