"""The room of mail: its routes, and what they work with."""

from __future__ import annotations

from mallard.mail.post import Post
from mallard.web.mail import previewing, testing, unsubscribing
from mallard.web.mail.parts import NAME
from mallard.web.rooms import Room

BLUEPRINTS = (testing.api, testing.page, previewing.blueprint, unsubscribing.blueprint)


def of(post: Post) -> Room:
    """The room of mail."""
    return Room(NAME, post, BLUEPRINTS)
