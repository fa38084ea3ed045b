"""Makes and removes annotations, whoever asks: a program or a form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
from msgspec import structs

from mallard.auth.shares import new_id
from mallard.model import MallardError
from mallard.register.kept import MOST_ANNOTATIONS, Annotation, Beside
from mallard.register.reading import what_is_wrong
from mallard.texts.said import said
from mallard.web.state import parts

FIRST_YEAR, LAST_YEAR = 1970, 2200
"""Others are mistakes of whoever types them."""

_FORM = re.compile(
    r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.]\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?)?", re.ASCII
)
FORMS = said("a day, or a moment as 2026-03-18T14:05, with or without a distance from UTC")


class BadAnnotation(MallardError):
    """An annotation that cannot be made; its text names the field at fault."""


def annotate(site_id: str, at: str | None, text: str) -> Annotation:
    """Keeps what happened at a moment; now, if none is named.

    Raises BadAnnotation, BadAlias, BadDocument, OSError.
    """
    moment = parts().now().replace(microsecond=0) if at is None else _moment(site_id, at.strip())
    try:
        fields = {"id": new_id(), "at": moment, "text": text.strip()}
        made = msgspec.convert(fields, Annotation)
    except msgspec.ValidationError as error:
        raise BadAnnotation(what_is_wrong(error)) from None

    def added(beside: Beside) -> Beside:
        if len(beside.annotations) >= MOST_ANNOTATIONS:
            raise BadAnnotation(
                said("the site has %(most)d annotations; remove one of them", most=MOST_ANNOTATIONS)
            )
        ordered = sorted((*beside.annotations, made), key=lambda one: one.at)
        return structs.replace(beside, annotations=tuple(ordered))

    parts().register.change_beside(site_id, added)
    return made


def remove_annotation(site_id: str, annotation_id: str) -> bool:
    """Removes one; False when there is none of this id. Raises as `annotate` does."""
    if annotation_id not in [one.id for one in annotations_of(site_id)]:
        return False

    def without(beside: Beside) -> Beside:
        kept = tuple(one for one in beside.annotations if one.id != annotation_id)
        return structs.replace(beside, annotations=kept)

    parts().register.change_beside(site_id, without)
    return True


def annotations_of(site_id: str) -> Sequence[Annotation]:
    """The annotations of a site in the order of their moments."""
    return parts().register.beside(site_id).annotations


def _moment(site_id: str, text: str) -> datetime:
    """What a text says, by the clocks of the site where it names no distance from UTC."""
    try:
        if not _FORM.fullmatch(text):
            raise ValueError
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadAnnotation(said("at must be %(forms)s", forms=FORMS)) from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise BadAnnotation(
            said("at must be in the years %(first)d to %(last)d", first=FIRST_YEAR, last=LAST_YEAR)
        )
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(parts().register.zone_of(site_id)))
    return moment.astimezone(UTC)
