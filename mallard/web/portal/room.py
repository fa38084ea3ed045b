"""The portal's room: its routes, and what they work with."""

from __future__ import annotations

from collections.abc import Callable

from mallard.config import Portal
from mallard.ingest.addresses import TrustedProxies
from mallard.portal.recording import Recorder
from mallard.web.portal import api, downloads, git, page, telling
from mallard.web.portal.parts import NAME, make_parts
from mallard.web.rooms import Room

BLUEPRINTS = (
    downloads.blueprint,
    git.blueprint,
    page.blueprint,
    telling.blueprint,
    api.blueprint,
)


def of(
    settings: Portal, recorder: Recorder, count: Callable[[str], None], proxies: TrustedProxies
) -> Room:
    """The room of a portal."""
    return Room(NAME, make_parts(settings, recorder, count, proxies), BLUEPRINTS)
