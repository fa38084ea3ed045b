"""Plausible's scripts: pages that have its tag load ours, which knows its attributes and calls."""

from __future__ import annotations

import re

from flask import Blueprint, Response, abort, current_app

from mallard.peers.names import Named
from mallard.web.peers.scripts import peer_script
from mallard.web.rooms import Room

NAME = "mallard.plausible"
SCRIPT = re.compile(
    r"(?:(?:script|plausible|analytics)(?P<extensions>(?:\.[a-z-]+)*)|p|(?:pa|s)-(?P<own>[\w-]{1,64}))\.js"
)
EXTENSIONS = frozenset(
    (
        "file-downloads",
        "form-submissions",
        "hash",
        "local",
        "manual",
        "outbound-links",
        "tagged-events",
    )
)
"""What changes what the script does; it has the others in any case."""

blueprint = Blueprint("plausible", __name__)


def room_of(named: Named) -> Room:
    """The room in Plausible's place: `named` tells the site that a name stands for."""
    return Room(NAME, named, (blueprint,))


@blueprint.get("/js/<name>")
def script(name: str) -> Response:
    """Our script for pages that have Plausible's tag, with what its name asks for."""
    found = SCRIPT.fullmatch(name)
    if found is None:
        abort(404)
    own, extensions = found["own"], found["extensions"] or ""
    if not own:
        asked = EXTENSIONS.intersection(extensions.split("."))
        return peer_script("plausible.js", extensions=tuple(sorted(asked)))
    named: Named = current_app.extensions[NAME]
    return peer_script("plausible.js", named(own) or named(f"pa-{own}") or "")
