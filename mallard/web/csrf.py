"""No web page but our own may change anything in the name of who looks at it."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import abort, request

from mallard.texts.catalogue import N_
from mallard.texts.said import said
from mallard.web.state import parts

SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))
DEFAULT_PORTS = {"http": 80, "https": 443}


def check() -> None:
    """Aborts with 403 unless the request comes from the dashboard, or from no page at all."""
    sender = request.headers.get("Origin") or request.headers.get("Referer")
    wanted = parts().settings.dashboard_origin
    if wanted is not None:
        if sender is None or _origin(sender) != _origin(wanted):
            abort(403, said("this is only possible from %(wanted)s", wanted=wanted))
        return
    is_foreign = sender is not None and not _is_own(sender)
    if is_foreign or request.headers.get("Sec-Fetch-Site") == "cross-site":
        abort(403, N_("this is not possible from another site"))


def _is_own(sender: str) -> bool:
    """Whether a page of the host and port that the request was sent to.

    The scheme is left out: behind a proxy that does TLS we do not see it.
    """
    origin = _origin(sender)
    return origin is not None and origin[1:] == _authority(request.host, origin[0])


def _origin(url: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port; None for what is no address of a page, such as `null`."""
    scheme, separator, _ = url.partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in DEFAULT_PORTS:
        return None
    try:
        authority = _authority(urlsplit(url).netloc, scheme)
    except ValueError:
        return None
    return (scheme, *authority) if authority else None


def _authority(netloc: str, scheme: str) -> tuple[str, int | None] | None:
    try:
        split = urlsplit(f"//{netloc}")
        host, port = split.hostname, split.port
    except ValueError:
        return None
    if not host or "@" in netloc:
        return None
    return host, port or DEFAULT_PORTS[scheme]
