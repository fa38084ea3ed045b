"""What the routes of mail work with."""

from __future__ import annotations

from flask import current_app

from mallard.mail.post import Post

NAME = "mallard.mail"


def mail() -> Post:
    """The mail of the Mallard that serves this request."""
    found: Post = current_app.extensions[NAME]
    return found
