"""The portal's room: its routes, and what they work with."""

from __future__ import annotations

from collections.abc import Callable

from mallard.config import Portal
from mallard.portal.recording import Recorder
from mallard.web.portal import downloads, git
from mallard.web.portal.parts import NAME, make_parts
from mallard.web.rooms import Room


def of(settings: Portal, recorder: Recorder, count: Callable[[str], None]) -> Room:
    """The room of a portal."""
    parts = make_parts(settings, recorder, count)
    return Room(NAME, parts, (downloads.blueprint, git.blueprint))
