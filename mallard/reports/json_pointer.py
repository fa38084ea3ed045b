"""Where a property is within the props of an event."""

from __future__ import annotations


def pointer(key: str) -> str:
    """The JSON pointer (RFC 6901) to a key of an object."""
    return "/" + key.replace("~", "~0").replace("/", "~1")
