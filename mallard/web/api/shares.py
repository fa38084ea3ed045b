"""Shared links: make, list, revoke."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from flask import Blueprint, Response, abort, jsonify
from msgspec import Meta

from mallard.reports.arguments import Text
from mallard.web.api.asking import as_json
from mallard.web.api.body import decoded
from mallard.web.api.described import Answer, Body, Subject, described
from mallard.web.api.sites import SITE, insist_on
from mallard.web.sharing.making import (
    BadShare,
    ShareWish,
    address_of,
    make_share,
    revoke_share,
    shares_of,
)
from mallard.web.state import parts

blueprint = Blueprint("shares", __name__, url_prefix="/api/sites/<site>/shares")

SHARE_ID = Text(
    "share_id",
    "The link's id, as the list of links tells it.",
    "9f86d081884c7d65",
    bounds={"minLength": 1},
)


@dataclass(frozen=True, slots=True)
class NewShare:
    """A link that was just made; nobody is told the address of a secret one again."""

    id: str
    url: str


@dataclass(frozen=True, slots=True)
class ShareRow:
    """What a link opens, and to whom."""

    id: str
    name: str
    created: date
    public: bool
    url: Annotated[str | None, Meta(description="The address of a public one.")]
    has_password: bool
    expires: date | None
    since: date | None
    panels: list[str]
    filters: list[str]
    segment: Annotated[str | None, Meta(description="Whose filters hold instead.")]
    origins: list[str]
    last_used: Annotated[date | None, Meta(description="The day, of UTC; nothing finer is kept.")]


@dataclass(frozen=True, slots=True)
class Revoked:
    """It is done."""

    status: Literal["revoked"]


_ID = str(SHARE_ID.example)
_WISH = ShareWish(name="For the agency", panels=("pages", "countries"), filters=("page~=/shop",))
_ROW = ShareRow(
    id=_ID,
    name=_WISH.name,
    created=date(2026, 1, 15),
    public=False,
    url=None,
    has_password=False,
    expires=None,
    since=None,
    panels=["pages", "countries"],
    filters=["page~=/shop"],
    segment=None,
    origins=[],
    last_used=date(2026, 2, 1),
)


@blueprint.get("")
@described(Subject.SITES, SITE, Answer("The links, oldest first.", [_ROW]))
def list_shares(site: str) -> Response:
    """List the shared links of a site."""
    insist_on(site)
    uses = parts().access.shares.uses
    return as_json(
        [
            ShareRow(
                id=share.id,
                name=share.name,
                created=share.created,
                public=bool(share.token),
                url=address_of(share.token) if share.token else None,
                has_password=bool(share.password_hash),
                expires=share.expires,
                since=share.since,
                panels=list(share.panels),
                filters=list(share.filters),
                segment=share.segment or None,
                origins=list(share.origins),
                last_used=uses.last(share.id),
            )
            for share in shares_of(site)
        ]
    )


@blueprint.post("")
@described(
    Subject.SITES,
    SITE,
    Body(ShareWish, _WISH),
    Answer("The link.", NewShare(_ID, "https://stats.example.com/share/4f2a…"), status=201),
    refuses=(409,),
)
def create_share(site: str) -> Response:
    """Share a site by a link.

    Who has the address sees the chosen panels of this site, and nothing else. It is shown this
    once, unless it is public. Impossible while no password is set.
    """
    insist_on(site)
    try:
        share_id, url = make_share(site, decoded(ShareWish))
    except BadShare as error:
        abort(400, str(error))
    response = as_json(NewShare(share_id, url))
    response.status_code = 201
    return response


@blueprint.delete("/<share_id>")
@described(Subject.SITES, SITE, SHARE_ID, Answer("Revoked.", Revoked("revoked")), refuses=(409,))
def revoke(site: str, share_id: str) -> Response:
    """Revoke a shared link.

    It opens nothing from this moment on.
    """
    insist_on(site)
    if not revoke_share(site, share_id):
        abort(404, "the site has no such shared link")
    return jsonify(Revoked("revoked"))
