"""What a request says about the client, as far as it can be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from mallard.auth.keys import PREFIX, Scope
from mallard.ingest.addresses import TrustedProxies
from mallard.web.hosts import may_be_rebound
from mallard.web.state import parts

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

SESSION_COOKIE = "mm_session"


def client_address() -> str:
    """The client's address, by the same rule as for visitors."""
    return parts().proxies.client_of(request.environ)


def session_token() -> str | None:
    """The token of the session cookie.

    Of several cookies of that name, one of which a neighbouring host may have planted, it is the
    one that opens a session.
    """
    tokens = request.cookies.getlist(SESSION_COOKIE)
    is_open = parts().access.sessions.is_open
    return next(filter(is_open, tokens), tokens[0] if tokens else None) or None


def api_key() -> str | None:
    """The API key of the request."""
    return key_of(request.headers.get("Authorization", ""), request.headers.get("X-API-Key", ""))


def key_of(authorization: str, x_api_key: str) -> str | None:
    """The API key of either header. Credentials of another kind are meant for a proxy."""
    scheme, _, bearer = authorization.strip().partition(" ")
    if scheme.lower() == "bearer" and bearer.strip().startswith(PREFIX):
        return bearer.strip()
    return x_api_key.strip() or None


def holds_ingest_key() -> bool:
    """Whether a program asks that may tell of others' events."""
    key = api_key()
    caller = parts().access.caller(None, key) if key else None
    if caller is None or not caller.has_key or caller.sites is not None:
        return False
    return caller.scope.covers(Scope.INGEST)


def public_address() -> str:
    """Where browsers reach this Mallard, as far as it can tell."""
    return f"{'https' if is_secure() else 'http'}://{request.host}{request.script_root}"


def is_secure() -> bool:
    """Whether the browser speaks https, as the settings or a trusted proxy say."""
    return parts().settings.secure_cookies or came_by_https(request.environ, parts().proxies)


def needs_setup_token() -> bool:
    """Whether this request may be another page's, although everybody is let in for now."""
    host = request.environ.get("HTTP_HOST", "")
    return parts().access.is_open and may_be_rebound(host, parts().settings.dashboard_origin)


def came_by_https(environ: WSGIEnvironment, proxies: TrustedProxies) -> bool:
    """Whether a trusted proxy says that it was asked over https."""
    protocols = environ.get("HTTP_X_FORWARDED_PROTO")
    if not protocols or protocols.rpartition(",")[2].strip().lower() != "https":
        return False
    return proxies.trusts(environ.get("REMOTE_ADDR", ""))
