"""What programs look for at fixed places: `/robots.txt` and `/.well-known/security.txt`."""

from __future__ import annotations

import re
from datetime import UTC, timedelta

from flask import Blueprint, Response, abort

from mallard.web.base_path import address
from mallard.web.state import parts

SECURITY_PATH = "/.well-known/security.txt"
STAYS_VALID = timedelta(days=180)
"""RFC 9116 wants less than a year; it is said anew with every answer."""

ROBOTS = "User-agent: *\nDisallow: /\n"

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")

blueprint = Blueprint("wellknown", __name__)


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Nothing here is for search engines."""
    return Response(ROBOTS, mimetype="text/plain")


@blueprint.get(SECURITY_PATH)
def security() -> Response:
    """Whom to tell about a weakness (RFC 9116); 404 when the operator named nobody."""
    contact = parts().settings.security_contact
    if contact is None:
        abort(404)
    expires = (parts().now() + STAYS_VALID).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    lines = [f"Contact: {_as_uri(contact)}", f"Expires: {expires}"]
    if origin := parts().settings.dashboard_origin:
        lines.append(f"Canonical: {origin}{address(SECURITY_PATH)}")
    return Response("".join(f"{line}\n" for line in lines), mimetype="text/plain")


def _as_uri(contact: str) -> str:
    """The contact as RFC 9116 wants it: a bare address becomes a mailto: link."""
    return contact if _SCHEME.match(contact) else f"mailto:{contact}"
