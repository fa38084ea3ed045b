"""Annotations: make, list, remove."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from flask import Blueprint, Response, abort
from msgspec import Meta

from mallard.register.kept import Annotation
from mallard.register.part import LONGEST_NAME
from mallard.reports.arguments import Text
from mallard.web.annotations import (
    FORMS,
    BadAnnotation,
    annotate,
    annotations_of,
    remove_annotation,
)
from mallard.web.api.asking import as_json
from mallard.web.api.body import decoded
from mallard.web.api.described import Answer, Body, Subject, described
from mallard.web.api.sites import SITE, insist_on

blueprint = Blueprint("annotations", __name__, url_prefix="/api/sites/<site>/annotations")

ANNOTATION_ID = Text(
    "annotation_id",
    "The annotation's id, as the list tells it.",
    "4f2a84c0be6d1573",
    bounds={"minLength": 1},
)


class AnnotationWish(msgspec.Struct, frozen=True):
    """The annotation to make."""

    text: Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": LONGEST_NAME})]
    at: Annotated[
        str | None,
        Meta(description=f"{FORMS.capitalize()}; else by the site's clocks. Without it, now."),
    ] = None


@dataclass(frozen=True, slots=True)
class Removed:
    """It is gone."""

    status: Literal["deleted"]


_MADE = Annotation(
    id=str(ANNOTATION_ID.example), at=datetime(2026, 3, 18, 14, 5, tzinfo=UTC), text="Version 2.0"
)


@blueprint.get("")
@described(Subject.SITES, SITE, Answer("The annotations by their moments.", [_MADE]))
def list_annotations(site: str) -> Response:
    """List the annotations of a site."""
    insist_on(site)
    return as_json(annotations_of(site))


@blueprint.post("")
@described(
    Subject.SITES,
    SITE,
    Body(AnnotationWish, AnnotationWish("Version 2.0", "2026-03-18T14:05Z")),
    Answer("The annotation.", _MADE, status=201),
    refuses=(409,),
)
def create_annotation(site: str) -> Response:
    """Annotate the chart.

    What happened at a moment, such as a new version that went out, is shown at its place.
    """
    insist_on(site)
    wish = decoded(AnnotationWish)
    try:
        response = as_json(annotate(site, wish.at, wish.text))
    except BadAnnotation as error:
        abort(400, str(error))
    response.status_code = 201
    return response


@blueprint.delete("/<annotation_id>")
@described(
    Subject.SITES, SITE, ANNOTATION_ID, Answer("It is gone.", Removed("deleted")), refuses=(409,)
)
def delete_annotation(site: str, annotation_id: str) -> Response:
    """Remove an annotation."""
    insist_on(site)
    if not remove_annotation(site, annotation_id):
        abort(404, "the site has no such annotation")
    return as_json(Removed("deleted"))
