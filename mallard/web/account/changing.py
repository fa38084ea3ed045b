"""Changes of a site's document: made in the version that was looked at, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from mallard.model import MallardError
from mallard.register.aliases import BadAlias
from mallard.register.port import Changed
from mallard.register.site import Site
from mallard.web.decided import decide
from mallard.web.state import parts

Json = dict[str, Any]

CHANGED = "Somebody else has changed this site meanwhile. Look at it, and save again."


class BadPart(MallardError):
    """What cannot be a part of a document; it says why."""


def change_site(site: str, version: str, change: Callable[[Json], Json]) -> None:
    """Replaces the document of that version, empty where there was none, by what is made of it.

    Raises Changed where it is another one, BadPart.
    """
    entry = parts().register.entry(site)
    if (entry.version if entry else "") != version:
        raise Changed
    wanted = change(msgspec.to_builtins(entry.site if entry else Site()))
    try:
        # Tuples, which JSON does not have, are taken for lists.
        decide(site, msgspec.convert(wanted, Site), entry.version if entry else None)
    except (BadAlias, msgspec.ValidationError) as error:
        raise BadPart(_sentence(str(error))) from None


def _sentence(error: str) -> str:
    """What is wrong, without its place in the document."""
    text = error.partition(" - at `")[0]
    return f"{text[:1].upper()}{text[1:]}."


def with_part(now: Json, kind: str, place: int | None, part: Json | None) -> Json:
    """The document with a part in this place, at the end for None; without one, if it is None.

    Raises BadPart where there is no such place.
    """
    own = list(now.get(kind, ()))
    at = len(own) if place is None else place
    if not 0 <= at <= len(own):
        raise BadPart("There is nothing at this place.")
    own[at : at + 1] = [] if part is None else [part]
    return now | {kind: own}
