"""Who may do what: every route is for Admins, unless it is named here."""

from __future__ import annotations

import sys
from urllib.parse import urlencode

from flask import abort, g, redirect, request, url_for
from htmx_flask import request as htmx_request
from werkzeug.wrappers import Response

from mallard.auth.access import ANYBODY, Caller
from mallard.auth.keys import Scope
from mallard.web import csrf, metrics_token
from mallard.web.base_path import address
from mallard.web.client import api_key, needs_setup_token, session_token
from mallard.web.errors import answer, is_for_programs
from mallard.web.sharing import gate
from mallard.web.state import parts

PUBLIC = frozenset(
    (
        "assets.asset",
        "assets.favicon",
        "auth.get_status",
        "auth.log_in",
        "auth.log_out",
        "auth.set_up",
        "entrance.log_in",
        "entrance.log_out",
        "entrance.login_page",
        "entrance.set_up",
        "entrance.setup_page",
        "health.get_detailed_health",
        "health.get_health",
        "health.get_readiness",
        "monitoring.get_metrics",
        "tracker.get_help",
        "tracker.script",
        "wellknown.robots",
        "wellknown.security",
    )
)
"""The endpoints for everyone. `/api/event` never comes here."""

OF_NOBODY = frozenset(
    (
        "downloads.download",
        "git.info_refs",
        "git.receive_pack",
        "git.upload_pack",
        "goatcounter.count",
        "goatcounter.script",
        "plausible.script",
        "umami.send",
        "umami_whole.batch",
        "umami_whole.heartbeat",
        "umami_whole.script",
    )
)
"""The endpoints for everyone that are there only where the settings name what they are of.

Nothing there is done in anybody's name, so it does not matter which page asks for it.
"""

LARGE = frozenset(("git.upload_pack",))
"""What takes bodies of any size that the server takes; they are passed on as they come."""

READABLE = frozenset(
    (
        "behaviour",
        "breakdowns",
        "dashboard",
        "export",
        "filters",
        "plausible_stats",
        "portal_api",
        "portal_page",
        "query",
        "reference",
        "sites",
        "stats",
        "umami_reading",
    )
)
"""Blueprints and endpoints whose GET a ReadOnly key may use."""

BY_TOKEN = frozenset(("portal_api", "portal_page"))
"""Blueprints that the metrics token opens, too, and that are closed also while all else is open."""

BY_KEY = frozenset(
    (
        "events.post_events",
        "goatcounter.count_hits",
        "telling.post_catalog",
        "telling.post_tool_usage",
    )
)
"""What only programs do, with a key of the scope Ingest, which is good for nothing else.

These judge the size of a body themselves: they take more than others.
"""

ASKED_BY_POST = frozenset(("plausible_stats.query", "umami_reading.verify"))
"""What a ReadOnly key may post, as it changes nothing."""

LOG_IN = "log in, or send an API key"
SET_UP_FIRST = (
    "no password is set, and under this name anybody's page could ask: set one at /setup (or POST"
    " /api/auth/setup) with the token that is in the log of the start"
)

NEEDS_A_PASSWORD = frozenset(
    (
        "gdpr.erase_events",
        "keys.create_key",
        "settings.create_key",
        "shares.create_share",
        "site_moves.merge",
        "site_moves_api.merge_site",
        "site_settings.delete",
        "site_shares.share",
        "sites.delete_site",
    )
)
"""What nobody may do as long as everybody may do everything."""


def admit() -> Response | None:
    """Lets a request pass, or says why not. A path that does not exist is nobody's secret."""
    if request.endpoint in BY_KEY | LARGE:
        request.max_content_length = sys.maxsize
    limit = request.max_content_length
    if limit is not None and (request.content_length or 0) > limit:
        abort(413, f"the body is larger than {limit} bytes")
    if request.endpoint is None or request.endpoint in OF_NOBODY or request.method == "OPTIONS":
        return None
    if request.blueprint == gate.BLUEPRINT:
        return gate.admit()
    caller = g.caller = _caller()
    if request.blueprint in BY_TOKEN:
        return admit_by_token()
    is_change = request.method not in csrf.SAFE_METHODS
    needed = scope_of(request.endpoint, request.method)
    is_stranger = caller is None or (request.endpoint in BY_KEY and caller is ANYBODY)
    if is_stranger and needed is not None:
        return _refuse_stranger()
    if is_change and not (caller and caller.has_key):
        csrf.check()
    if caller is not None and needed is not None:
        _check_scope(caller, needed)
    return None


def admit_by_token() -> Response | None:
    """Lets in who holds the metrics token, a session, or a key that may read; else says why not."""
    who = caller()
    refusal = metrics_token.admit(parts().metrics_token, who)
    if refusal is None and who is not None and who.has_key:
        _check_scope(who, Scope.READ_ONLY)
    return refusal


def scope_of(endpoint: str, method: str) -> Scope | None:
    """What a key must be good for to use a method of a route; None where nobody needs one."""
    if endpoint in PUBLIC | OF_NOBODY or endpoint.rpartition(".")[0] == gate.BLUEPRINT:
        return None
    if endpoint in BY_KEY:
        return Scope.INGEST
    is_readable = endpoint in READABLE or endpoint.rpartition(".")[0] in READABLE
    is_reading = method in csrf.SAFE_METHODS or endpoint in ASKED_BY_POST
    return Scope.READ_ONLY if is_readable and is_reading else Scope.ADMIN


def _caller() -> Caller | None:
    found = parts().access.caller(session_token(), api_key())
    return None if found is ANYBODY and needs_setup_token() else found


def caller() -> Caller | None:
    """Who asks; None for a stranger and where there is no route."""
    found: Caller | None = g.get("caller")
    return found


def safe_target(target: str | None) -> str:
    """The address of ours that a `next` parameter names; the start page for anything else."""
    is_ours = target is not None and target.startswith(address("/")) and target[:2] != "//"
    if target is None or not is_ours or "\\" in target or not target.isprintable():
        return address("/")
    return target


def _check_scope(caller: Caller, needed: Scope) -> None:
    if request.endpoint in NEEDS_A_PASSWORD and parts().access.is_open:
        page = url_for("entrance.setup_page")
        abort(403, f"first set a password at {page} (or POST /api/auth/setup)")
    is_key_missing = request.endpoint in BY_KEY and not caller.has_key
    if is_key_missing or not caller.scope.covers(needed):
        abort(403, f"this needs a key with the scope {needed}")


def _refuse_stranger() -> Response:
    if is_for_programs():
        response = answer(401, SET_UP_FIRST if parts().access.is_open else LOG_IN)
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    if htmx_request.htmx:
        response = answer(401, "You are signed out.")
        response.headers["HX-Redirect"] = _login_page(_shown_page())
        return response
    return redirect(_login_page(_asked_page()), 303)


def _login_page(target: str) -> str:
    page = url_for("entrance.login_page")
    return page if target == address("/") else f"{page}?{urlencode({'next': target})}"


def _asked_page() -> str:
    if request.method not in csrf.SAFE_METHODS:
        return address("/")
    return safe_target(address(request.full_path.removesuffix("?")))


def _shown_page() -> str:
    """The page from which htmx asks, if it is one of ours."""
    scheme, _, shown = (htmx_request.htmx.current_url or "").partition("://")
    host, slash, target = shown.partition("/")
    is_ours = scheme in ("http", "https") and host == request.host
    return safe_target(slash + target.partition("#")[0]) if is_ours else address("/")
