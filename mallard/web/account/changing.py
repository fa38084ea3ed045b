"""Changes of a site's document: made in the version that was looked at, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from mallard.model import MallardError
from mallard.register.aliases import BadAlias
from mallard.register.instance import Instance
from mallard.register.port import Changed
from mallard.register.reading import what_is_wrong
from mallard.register.site import Site
from mallard.texts.catalogue import N_
from mallard.texts.said import said, words_of
from mallard.web.deciding import decide, note_address
from mallard.web.state import parts

Json = dict[str, Any]

CHANGED = N_("Somebody else has changed this site meanwhile. Look at it, and save again.")
CHANGED_INSTANCE = N_("Somebody else has changed this meanwhile. Look at it, and save again.")


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
    except BadAlias as error:
        raise BadPart(words_of(error)) from None
    except msgspec.ValidationError as error:
        raise BadPart(what_is_wrong(error)) from None


def change_instance(version: str, changes: Json) -> None:
    """Replaces the document of that version, empty for none, by one with these parts.

    Raises Changed where it is another one, BadPart.
    """
    known = parts().instance.known
    if (known.version or "") != version:
        raise Changed
    wanted = msgspec.to_builtins(known.instance) | changes
    if wanted.get("alerts"):
        note_address()
    try:
        parts().instance.replace(msgspec.convert(wanted, Instance), known.version)
    except msgspec.ValidationError as error:
        raise BadPart(what_is_wrong(error)) from None


def with_part(now: Json, kind: str, place: int | None, part: Json | None) -> Json:
    """The document with a part in this place, at the end for None; without one, if it is None.

    Raises BadPart where there is no such place.
    """
    own = list(now.get(kind, ()))
    at = len(own) if place is None else place
    if not 0 <= at <= len(own):
        raise BadPart(said("This entry does not exist any more."))
    own[at : at + 1] = [] if part is None else [part]
    return now | {kind: own}
