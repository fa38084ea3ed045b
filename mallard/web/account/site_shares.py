"""The forms that share a site by a link, and revoke one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response

from mallard.register.kept import Share
from mallard.texts.catalogue import N_, sentence
from mallard.texts.said import said
from mallard.web.account.fields import lines_of
from mallard.web.account.site_forms import Form
from mallard.web.account.site_settings import SHARES, entry_of, site_page
from mallard.web.dashboard.panels import PANELS
from mallard.web.dashboard.shared import ANNOTATIONS_PANEL, OVERVIEW_PANEL, REALTIME_PANEL
from mallard.web.sharing.making import (
    BadShare,
    ShareWish,
    address_of,
    make_share,
    revoke_share,
    shares_of,
)
from mallard.web.state import parts

blueprint = Blueprint("site_shares", __name__, url_prefix="/settings/sites")

CHOICES = [
    *((panel.name, panel.title) for panel in PANELS.values() if panel.name != OVERVIEW_PANEL),
    (ANNOTATIONS_PANEL, "Annotations"),
    (REALTIME_PANEL, N_("Right now")),
]
"""The panels to choose from, and what they are called."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A link as the page lists it; `url` is that of a public one."""

    share: Share
    url: str | None
    last_used: date | None


@blueprint.app_template_global()
def shared_links(site: str) -> list[Listed]:
    """The links of a site."""
    uses = parts().access.shares.uses
    return [
        Listed(one, address_of(one.token) if one.token else None, uses.last(one.id))
        for one in shares_of(site)
    ]


@blueprint.app_template_global()
def links_of_segment(site: str, name: str) -> list[str]:
    """What the links are called that keep to a segment."""
    return [one.name for one in shares_of(site) if name and one.segment == name]


@blueprint.app_template_global()
def panels_to_share() -> list[tuple[str, str]]:
    """The panels to choose from."""
    return CHOICES


@blueprint.post("/<site>/shares/new")
def share(site: str) -> Response:
    """Makes a link. It is shown in this very answer and never again, so nothing is redirected."""
    entry_of(site)
    given = request.form
    chosen = given.getlist("panels")
    fields = {**given.to_dict(), "panels": ",".join(chosen)}
    try:
        _, url = make_share(site, _wish(given.to_dict(), chosen))
    except BadShare as error:
        problem = sentence(error)
        return site_page(site, 400, Form(SHARES, None, fields, problem))
    return site_page(site, 201, Form(SHARES, None, {"url": url}))


@blueprint.post("/<site>/shares/<share_id>/revoke")
def revoke(site: str, share_id: str) -> Response:
    """Revokes a link."""
    entry_of(site)
    if not revoke_share(site, share_id):
        abort(404, N_("the site has no such shared link"))
    return redirect(url_for("site_settings.page", site=site, saved=SHARES, _anchor=SHARES), 303)


def _wish(given: dict[str, str], chosen: list[str]) -> ShareWish:
    days: dict[str, Any] = {name: _day(name, given.get(name, "")) for name in ("expires", "since")}
    return ShareWish(
        name=given.get("name", ""),
        password=given.get("password") or None,
        panels=tuple(chosen),
        filters=tuple(lines_of(given.get("filters", ""))),
        segment=given.get("segment") or None,
        origins=tuple(one.rstrip("/").lower() for one in lines_of(given.get("origins", ""))),
        public="public" in given,
        **days,
    )


def _day(name: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise BadShare(
            said("%(name)s: %(text)s is no day in the form YYYY-MM-DD", name=name, text=repr(text))
        ) from None
