"""The forms that rename a site and merge it into another."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from mallard.history import NotDone
from mallard.register.aliases import BadAlias
from mallard.texts.catalogue import _, sentence
from mallard.web import moves
from mallard.web.account.site_forms import Form
from mallard.web.account.site_settings import MERGE, RENAME, entry_of, site_page
from mallard.web.state import parts

blueprint = Blueprint("site_moves", __name__, url_prefix="/settings/sites")


@blueprint.post("/<site>/rename")
def rename(site: str) -> Response:
    """Gives the site another id, and leads to its page."""
    entry_of(site)
    target = request.form.get("id", "").strip()
    try:
        moves.rename(site, target)
    except (BadAlias, NotDone) as error:
        return _told(site, RENAME, error)
    return redirect(url_for("site_settings.page", site=target, saved=RENAME, _anchor=RENAME), 303)


@blueprint.post("/<site>/merge")
def merge(site: str) -> Response:
    """Merges the site into another, if its id was typed, and leads to the other's page."""
    entry_of(site)
    target = request.form.get("into", "").strip()
    if request.form.get("typed", "").strip() != site:
        problem = _("Type %(site)s to merge it. Nothing was changed.", site=site)
        return site_page(site, 400, Form(MERGE, None, request.form, problem))
    try:
        moves.merge(site, target)
    except (BadAlias, NotDone) as error:
        return _told(site, MERGE, error)
    return redirect(url_for("site_settings.page", site=target, saved=MERGE, _anchor=MERGE), 303)


def _told(site: str, kind: str, error: BadAlias | NotDone) -> Response:
    """What has gone wrong, on the page of the site, or of the one that it is a part of already."""
    status, problem = (400 if isinstance(error, BadAlias) else 503), sentence(error)
    there = parts().register.site_behind(site)
    return site_page(there, status, Form(kind, None, request.form, problem))
