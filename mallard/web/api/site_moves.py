"""A site gets another id, or becomes a part of another site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
from flask import Blueprint, Response
from msgspec import Meta

from mallard.model import SITE_ID_FORM
from mallard.web import moves
from mallard.web.api.asking import as_json
from mallard.web.api.body import decoded
from mallard.web.api.described import Answer, Body, Subject, described
from mallard.web.api.sites import SITE, insist_on

blueprint = Blueprint("site_moves_api", __name__, url_prefix="/api/sites")

SiteId = Annotated[str, Meta(extra_json_schema=SITE_ID_FORM)]


class NewId(msgspec.Struct):
    """What the site is to be called."""

    to: SiteId


class Into(msgspec.Struct):
    """The site that it becomes a part of."""

    into: SiteId


@dataclass(frozen=True, slots=True)
class Moved:
    """It is done; the former id is an alias of this site."""

    status: Literal["renamed", "merged"]
    site_id: str


@blueprint.post("/<site>/rename")
@described(
    Subject.SITES,
    SITE,
    Body(NewId, NewId("shop.example")),
    Answer("It is done.", Moved("renamed", "shop.example")),
    refuses=(409, 503),
)
def rename_site(site: str) -> Response:
    """Give a site another id.

    Its events and its document go with it, and the old id becomes an alias: pages that send it are
    counted as before. There must be no site of the new id.
    """
    insist_on(site)
    target = decoded(NewId).to
    moves.rename(site, target)
    return as_json(Moved("renamed", target))


@blueprint.post("/<site>/merge")
@described(
    Subject.SITES,
    SITE,
    Body(Into, Into("example.com")),
    Answer("It is done.", Moved("merged", "example.com")),
    refuses=(409, 503),
)
def merge_site(site: str) -> Response:
    """Merge a site into another.

    Its events become the other's, for good, and its id becomes an alias. Its document goes; the
    other's stays. Impossible while no password is set.
    """
    insist_on(site)
    target = decoded(Into).into
    moves.merge(site, target)
    return as_json(Moved("merged", target))
