"""Makes and revokes shared links, whoever asks: a program or a form."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

import msgspec
from msgspec import Meta, structs

from mallard.auth.passwords import BadPassword
from mallard.auth.sessions import digest
from mallard.auth.shares import new_id, new_token
from mallard.model import MallardError
from mallard.register.kept import MOST_SHARES, Beside, Share
from mallard.register.part import LONGEST_NAME
from mallard.register.reading import what_is_wrong
from mallard.register.shared_segments import filters_of
from mallard.reports.arguments import BadQuery
from mallard.reports.filters import MAX_FILTERS
from mallard.texts.said import said, within
from mallard.web.client import public_address
from mallard.web.dashboard.panels import PANELS
from mallard.web.dashboard.shared import ANNOTATIONS_PANEL, REALTIME_PANEL
from mallard.web.sharing.gate import shared_of
from mallard.web.state import parts

SHAREABLE = (*PANELS, ANNOTATIONS_PANEL, REALTIME_PANEL)
"""The names of what a link may show."""

Texts = Annotated[tuple[str, ...], Meta(max_length=MAX_FILTERS)]


class BadShare(MallardError):
    """A shared link that cannot be made; its text names the field at fault."""


class ShareWish(msgspec.Struct, frozen=True, kw_only=True):
    """The shared link to make; but for the name, every field may be left out."""

    name: Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": LONGEST_NAME})]
    password: str | None = None
    expires: Annotated[
        date | None, Meta(description="The last day on which it opens, in the site's time zone.")
    ] = None
    since: Annotated[
        date | None, Meta(description="The first day that it shows; without one, all are shown.")
    ] = None
    panels: Annotated[
        tuple[str, ...] | None,
        Meta(
            description="What it shows beside the overview; without any, all but `annotations`"
            " and `realtime`.",
            extra_json_schema={"examples": [list(SHAREABLE)]},
        ),
    ] = None
    filters: Annotated[
        Texts, Meta(description="Hold for all that it shows, and nobody lifts them.")
    ] = ()
    segment: Annotated[
        str | None,
        Meta(
            description="A segment of the site, by its name, whose filters hold instead; whoever"
            " changes it changes what the link shows."
        ),
    ] = None
    origins: Annotated[
        Texts, Meta(description="Whose pages may embed it, such as `https://www.example.com`.")
    ] = ()
    public: Annotated[
        bool, Meta(description="Whether the address is no secret: it is listed, and has a badge.")
    ] = False


def make_share(site_id: str, wish: ShareWish) -> tuple[str, str]:
    """Makes a link; its id, and its address, which nobody is told again of a secret one.

    Raises BadShare, BadAlias, BadDocument, OSError.
    """
    _check(site_id, wish)
    token = new_token()
    share = _share(wish, token)

    def added(beside: Beside) -> Beside:
        _check_filters(site_id, share)
        if len(beside.shares) >= MOST_SHARES:
            raise BadShare(
                said("the site has %(most)d shared links; revoke one of them", most=MOST_SHARES)
            )
        return structs.replace(beside, shares=(*beside.shares, share))

    parts().register.change_beside(site_id, added)
    return share.id, address_of(token)


def revoke_share(site_id: str, share_id: str) -> bool:
    """Makes a link useless at once; False when there is none of this id. Raises as `make_share`."""
    if share_id not in [share.id for share in shares_of(site_id)]:
        return False

    def without(beside: Beside) -> Beside:
        return structs.replace(
            beside, shares=tuple(one for one in beside.shares if one.id != share_id)
        )

    parts().register.change_beside(site_id, without)
    return True


def shares_of(site_id: str) -> Sequence[Share]:
    """The links of a site, oldest first."""
    return parts().register.beside(site_id).shares


def address_of(token: str) -> str:
    """Where browsers find a link."""
    return f"{public_address()}/share/{token}"


def _check(site_id: str, wish: ShareWish) -> None:
    if wish.public and wish.password:
        raise BadShare(said("password: a public link has none; leave out public or password"))
    if wish.origins and wish.password:
        raise BadShare(
            said("password: a link that is embedded has none; leave out origins or password")
        )
    for name in wish.panels or ():
        if name not in SHAREABLE:
            raise BadShare(
                said(
                    "panels: %(name)s is none of %(choices)s",
                    name=repr(name),
                    choices=", ".join(SHAREABLE),
                )
            )
    today = parts().today(parts().register.zone_of(site_id))
    if wish.expires is not None and wish.expires < today:
        raise BadShare(
            said("expires: %(day)s is over; name today or a later day", day=wish.expires)
        )


def _check_filters(site_id: str, share: Share) -> None:
    """That what the link keeps to is there while it is made."""
    site = parts().register.of(site_id)
    filters = filters_of(share, site)
    if filters is None:
        known = ", ".join(one.name for one in site.segments) or "none"
        raise BadShare(
            said(
                "segment: the site has none of the name %(name)s; it has %(known)s",
                name=repr(share.segment),
                known=known,
            )
        )
    try:
        shared_of(site_id, share, filters).check_goals(site)
    except BadQuery:
        raise BadShare(said("filters: one asks for a goal that the site does not have")) from None


def _share(wish: ShareWish, token: str) -> Share:
    panels = tuple(PANELS) if wish.panels is None else tuple(dict.fromkeys(wish.panels))
    fields: dict[str, Any] = {
        "id": new_id(),
        "name": wish.name.strip(),
        "created": parts().now().date(),
        "token_hash": digest(token),
        "token": token if wish.public else "",
        "expires": wish.expires,
        "since": wish.since,
        "panels": panels,
        "filters": wish.filters,
        "segment": wish.segment or "",
        "origins": wish.origins,
    }
    try:
        share = msgspec.convert(fields, Share)
        if wish.password:
            hashed = parts().access.shares.hash_of(wish.password)
            share = structs.replace(share, password_hash=hashed)
    except msgspec.ValidationError as error:
        raise BadShare(what_is_wrong(error)) from None
    except BadPassword as error:
        raise BadShare(within("password", error)) from None
    return share
