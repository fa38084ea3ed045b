"""Who may do what: every route is for Owners and Admin keys, unless it is named here."""

from __future__ import annotations

import sys
from urllib.parse import urlencode

from flask import abort, g, redirect, request, url_for
from htmx_flask import request as htmx_request
from werkzeug.wrappers import Response

from mallard.auth.access import ANYBODY, Caller
from mallard.auth.keys import Scope
from mallard.auth.roles import Role
from mallard.texts.said import said
from mallard.web import csrf, metrics_token, narrowing, second_factor_asked
from mallard.web.base_path import address
from mallard.web.client import api_key, needs_setup_token, session_token
from mallard.web.errors import answer, is_for_programs
from mallard.web.roles import EDITABLE, OWN
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
        "invitation.set_up",
        "invitation.page",
        "monitoring.get_metrics",
        "second_step.page",
        "second_step.log_in",
        "tracker.get_help",
        "tracker.get_more",
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
        "oidc.begin",
        "oidc.come_back",
        "plausible.script",
        "umami.send",
        "unsubscribing.end",
        "unsubscribing.page",
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
        "alerts.send_test_of_alert",
        "alerts.send_test_of_alert_of_instance",
        "gdpr.erase_events",
        "instance_alerts.send_test",
        "keys.create_key",
        "mail_api.post_test_mail",
        "mail_page.send_test_mail",
        "people.invite",
        "people.invite_again",
        "people_api.create_person",
        "people_api.invite_again",
        "settings.create_key",
        "shares.create_share",
        "site_alerts.send_test",
        "site_imports.add_files",
        "site_imports.add_piece",
        "site_imports.begin",
        "site_imports.go_on",
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
        abort(413, said("the body is larger than %(most)s bytes", most=limit))
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
        narrowing.limit(caller, is_own=request.endpoint in OWN)
        return second_factor_asked.admit(caller)
    return None


def admit_by_token() -> Response | None:
    """Lets in who holds the metrics token, a session, or a key that may read; else says why not."""
    who = caller()
    refusal = metrics_token.admit(parts().metrics_token, who)
    if refusal is None and who is not None and who.has_key:
        _check_scope(who, Scope.READ_ONLY)
    if refusal is None and who is not None and who.sites is not None:
        abort(403, narrowing.OF_SOME)
    return refusal or (second_factor_asked.admit(who) if who is not None else None)


def scope_of(endpoint: str, method: str) -> Scope | None:
    """What a key must be good for to use a method of a route; None where nobody needs one."""
    if endpoint in PUBLIC | OF_NOBODY or endpoint.rpartition(".")[0] == gate.BLUEPRINT:
        return None
    if endpoint in BY_KEY:
        return Scope.INGEST
    is_readable = endpoint in READABLE or endpoint.rpartition(".")[0] in READABLE
    is_reading = method in csrf.SAFE_METHODS or endpoint in ASKED_BY_POST
    return Scope.READ_ONLY if is_readable and is_reading else Scope.ADMIN


def role_of(endpoint: str, method: str) -> Role | None:
    """How much whoever is signed in must be allowed; None where nobody is asked who he is."""
    scope = scope_of(endpoint, method)
    if scope is None or scope is Scope.INGEST:
        return None
    if scope is Scope.READ_ONLY or endpoint in OWN:
        return Role.VIEWER
    return Role.EDITOR if endpoint in EDITABLE else Role.OWNER


def may(role: str) -> bool:
    """Whether the caller may do what a role may."""
    who = caller()
    return who is not None and who.role is not None and who.role.covers(Role(role))


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
        abort(403, said("first set a password at %(page)s (or POST /api/auth/setup)", page=page))
    if _is_enough(caller, needed):
        return
    role = role_of(request.endpoint or "", request.method)
    is_plain_key = not caller.person and caller.sites is None
    if is_plain_key or role is None or request.endpoint in OWN:
        abort(403, said("this needs a key with the scope %(scope)s", scope=needed))
    abort(403, said("this needs the role %(role)s", role=role))


def _is_enough(caller: Caller, needed: Scope) -> bool:
    """Whether a caller may do what is asked, wherever: his sites are looked at after that."""
    if request.endpoint in BY_KEY:
        is_of_site = caller.sites is None or request.endpoint in narrowing.JUDGED_WITHIN
        return caller.has_key and caller.scope.covers(needed) and is_of_site
    if request.endpoint in OWN and caller.has_key:
        return caller.scope.covers(needed)
    role = role_of(request.endpoint or "", request.method)
    return caller.role is not None and role is not None and caller.role.covers(role)


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
