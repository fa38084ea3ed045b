"""The part of Plausible's Sites API that lists sites, makes one and tells of one; for Admins."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from flask import Blueprint, Response, abort, request

from mallard.register.port import Changed
from mallard.register.site import Site
from mallard.reports.arguments import BadQuery, Text, WholeNumber
from mallard.reports.query import is_site_id
from mallard.web.api.asking import args, as_json
from mallard.web.state import parts
from mallard.zones.days import UTC, check_zone

UTC_THERE = "Etc/UTC"
"""What Plausible calls UTC."""
LIMIT = WholeNumber("limit", "", least=1, most=1000, default=100)
AFTER, BEFORE = Text("after", ""), Text("before", "")

blueprint = Blueprint("plausible_sites", __name__, url_prefix="/api/v1/sites")


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site; here its domain is its id."""

    domain: str
    timezone: str = UTC_THERE


class NewSite(msgspec.Struct):
    """What is told of a site that is to be made; anything else is passed over."""

    domain: str
    timezone: str = UTC_THERE


@blueprint.get("")
def list_sites() -> Response:
    """All sites in order, `limit` of them after one or before one."""
    limit, after, before = LIMIT.of(args()), AFTER.of(args()), BEFORE.of(args())
    known = parts().known_sites()
    rest = [site for site in known if (not after or site > after) and (not before or site < before)]
    shown = rest[-limit:] if before and not after else rest[:limit]
    has_earlier = bool(shown) and shown[0] != known[0]
    has_later = bool(shown) and shown[-1] != known[-1]
    meta = {
        "after": shown[-1] if has_later else None,
        "before": shown[0] if has_earlier else None,
        "limit": limit,
    }
    return as_json({"sites": [_row(site) for site in shown], "meta": meta})


@blueprint.post("")
def create_site() -> Response:
    """Makes a site, as a document about which nothing is decided yet."""
    asked = _asked()
    if not is_site_id(asked.domain):
        raise BadQuery(
            "domain: give 1 to 256 ASCII letters, digits and . - _ :, such as example.com"
        )
    zone = UTC if asked.timezone == UTC_THERE else asked.timezone
    try:
        check_zone(zone)
    except ValueError as error:
        raise BadQuery(f"timezone: {error}") from None
    if asked.domain in parts().known_sites():
        raise BadQuery("domain: there is such a site already")
    try:
        parts().register.replace(asked.domain, Site(timezone=zone), None)
    except Changed:
        raise BadQuery("domain: there is such a site already") from None
    return as_json(_row(asked.domain))


@blueprint.get("/<site>")
def get_site(site: str) -> Response:
    """One site."""
    if site not in parts().known_sites():
        abort(404, "there is no such site")
    return as_json(_row(site))


def _row(site: str) -> SiteRow:
    zone = parts().register.zone_of(site)
    return SiteRow(site, UTC_THERE if zone == UTC else zone)


def _asked() -> NewSite:
    """What a body of JSON or of a form asks for. Raises BadQuery."""
    given = request.form.to_dict() or request.get_data()
    try:
        if isinstance(given, dict):
            return msgspec.convert(given, NewSite)
        return msgspec.json.decode(given.decode(), type=NewSite)
    except msgspec.ValidationError as error:
        raise BadQuery(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadQuery("the body is neither JSON nor a form") from None
