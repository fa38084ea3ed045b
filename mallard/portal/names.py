"""Versions and assets as clients name them: one name each, in no spelling a path."""

from __future__ import annotations

from urllib.parse import unquote

MAX_BYTES = 255
"""The longest name that file systems take."""

MAX_DECODINGS = 5


def is_name(text: str) -> bool:
    """Whether the text is the name of one thing, however often somebody might decode it."""
    if not text or not text.isprintable() or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        return False
    for _ in range(MAX_DECODINGS):
        # Some servers take what follows a semicolon for no part of the name.
        if text.partition(";")[0] in (".", "..") or any(one in text for one in "/\\\0"):
            return False
        text, before = unquote(text), text
        if text == before:
            return True
    return False
