"""The forms that annotate the chart of a site, and remove an annotation."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response

from mallard.texts.catalogue import N_, sentence
from mallard.web.account.site_forms import Form
from mallard.web.account.site_settings import ANNOTATIONS, entry_of, site_page
from mallard.web.annotations import BadAnnotation, annotate, annotations_of, remove_annotation
from mallard.web.dashboard.annotations import moment_text
from mallard.web.state import parts

blueprint = Blueprint("site_annotations", __name__, url_prefix="/settings/sites")


@blueprint.app_template_global()
def annotated(site: str) -> list[tuple[str, str, str]]:
    """The annotations of a site, the latest first: id, moment by its clocks, text."""
    zone = parts().register.zone_of(site)
    found = reversed(annotations_of(site))
    return [(one.id, moment_text(one.at, zone), one.text) for one in found]


@blueprint.post("/<site>/annotations/new")
def add(site: str) -> Response:
    """Adds one."""
    entry_of(site)
    try:
        annotate(site, request.form.get("at") or None, request.form.get("text", ""))
    except BadAnnotation as error:
        problem = sentence(error)
        return site_page(site, 400, Form(ANNOTATIONS, None, request.form, problem))
    return _back(site)


@blueprint.post("/<site>/annotations/<annotation_id>/remove")
def remove(site: str, annotation_id: str) -> Response:
    """Removes one."""
    entry_of(site)
    if not remove_annotation(site, annotation_id):
        abort(404, N_("the site has no such annotation"))
    return _back(site)


def _back(site: str) -> Response:
    there = url_for("site_settings.page", site=site, saved=ANNOTATIONS, _anchor=ANNOTATIONS)
    return redirect(there, 303)
