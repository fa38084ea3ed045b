"""What is decided about each site: read, replaced and deleted as one document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from flask import Blueprint, Response, abort, request
from msgspec import Meta, structs

from mallard.auth.roles import Role
from mallard.model import SITE_ID_FORM
from mallard.register.port import Changed
from mallard.register.reading import BadDocument, parsed
from mallard.register.site import Exclude, Funnel, Goal, Paths, Segment, Site, View
from mallard.register.sites import Entry
from mallard.register.told import Alert, Report
from mallard.reports.arguments import Text
from mallard.reports.query import is_site_id
from mallard.web.api.asking import as_json
from mallard.web.api.described import Answer, Body, Subject, described
from mallard.web.api.versions import (
    ETAG,
    IF_MATCH,
    check_replaceable,
    check_version,
    document_answer,
)
from mallard.web.deciding import decide
from mallard.web.guards import may
from mallard.web.state import parts

blueprint = Blueprint("sites", __name__, url_prefix="/api/sites")

SITE = Text("site", "The site.", "example.com", bounds=SITE_ID_FORM, filed_as="site_in_path")


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site that has events, imported days or a document."""

    site_id: str
    name: Annotated[str, Meta(description="What it is called; its id where it has no other name.")]
    pinned: Annotated[bool, Meta(description="Whether it comes before all others.")]
    timezone: Annotated[str, Meta(description="In which its days begin.")]
    has_events: bool


@dataclass(frozen=True, slots=True)
class Deleted:
    """It is gone."""

    status: Literal["deleted"]
    events_deleted: int


_EXAMPLE = Site(
    name="Shop",
    aliases=("old.example",),
    timezone="Asia/Kolkata",
    exclude=Exclude(addresses=("203.0.113.0/24",), paths=("/admin/*",)),
    paths=Paths(trailing_slash="drop", keep_query=("q",), group=("/order/*",)),
    goals=(
        Goal("Sign-up", event="signup", props={"plan": "pro"}),
        Goal("Reads the blog", page="/blog/*"),
    ),
    segments=(Segment("Germany, mobile", ("country==DE", "device==mobile")),),
    funnels=(Funnel("Buy", ("page:/", "page:/pricing", "event:signup"), "1 day"),),
    views=(View("Last month", "period=last_month"),),
    reports=(Report("week", ("ada@example.com",)),),
    alerts=(Alert("Nobody comes", "silence", hours=6, to=("ada@example.com",)),),
)


@blueprint.get("")
@described(
    Subject.SITES,
    Answer(
        "The sites by their ids.", [SiteRow("example.com", "Shop", False, "Asia/Kolkata", True)]
    ),
)
def list_sites() -> Response:
    """List all sites.

    Those with events, with imported days, and with a document.
    """
    sites, register = parts().known_sites(), parts().register
    with_events = parts().first_days().keys()
    return as_json(
        [
            SiteRow(
                site_id,
                register.name_of(site_id),
                register.of(site_id).is_pinned,
                register.zone_of(site_id),
                site_id in with_events,
            )
            for site_id in sites
        ]
    )


@blueprint.get("/<site>")
@described(Subject.SITES, SITE, Answer("The document.", _EXAMPLE, headers=ETAG))
def get_site(site: str) -> Response:
    """What is decided about a site.

    `{}`, and no `ETag`, for a site with events about which nothing is decided. Who is told what
    is for Editors: to others it comes without `reports` and `alerts`.
    """
    entry = parts().register.entry(site)
    if entry is None and site not in parts().sites():
        abort(404, "there is no such site")
    if entry is not None and not may(Role.EDITOR):
        return document_answer(structs.replace(entry.site, reports=(), alerts=()), entry.version)
    return _answer(entry)


@blueprint.put("/<site>")
@described(
    Subject.SITES,
    SITE,
    IF_MATCH,
    Body(Site, _EXAMPLE),
    Answer("The document.", _EXAMPLE, headers=ETAG),
    refuses=(409, 412, 428),
)
def put_site(site: str) -> Response:
    """Replace what is decided about a site.

    A document that is there is replaced only if `If-Match` names its version, so that nobody
    undoes what somebody else has changed. What is left out of the new one is no longer decided. It
    counts from the next event and report on.
    """
    if not is_site_id(site):
        abort(400, "site: that is no id of a site")
    try:
        wanted = parsed(request.get_data(), Site)
    except BadDocument as error:
        abort(400, str(error))
    entry = parts().register.entry(site)
    version = entry.version if entry else None
    check_replaceable(version, "the site")
    try:
        return _answer(decide(site, wanted, version))
    except Changed as error:
        abort(412, str(error))


@blueprint.delete("/<site>")
@described(
    Subject.SITES,
    SITE,
    IF_MATCH,
    Answer("It is gone.", Deleted("deleted", 9127)),
    refuses=(409, 412),
)
def delete_site(site: str) -> Response:
    """Delete a site with all it has.

    Its events, wherever they are, then its document. With `If-Match`, only if the document is of
    that version. Impossible while no password is set.
    """
    entry = parts().register.entry(site)
    if entry is None and site not in parts().sites():
        abort(404, "there is no such site")
    check_version(entry.version if entry else None)
    try:
        events = parts().erase_site(site, entry.version if entry else None)
    except Changed as error:
        abort(412, f"the events are gone; {error}")
    return as_json(Deleted("deleted", events))


def insist_on(site: str) -> None:
    """Aborts with 404 where there is no such site."""
    if parts().register.entry(site) is None and site not in parts().sites():
        abort(404, "there is no such site")


def _answer(entry: Entry | None) -> Response:
    return document_answer(entry.site if entry else Site(), entry.version if entry else None)
