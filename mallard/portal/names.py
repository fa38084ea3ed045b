"""What clients name: versions and assets, each one name and no path; and what git wants."""

from __future__ import annotations

from urllib.parse import unquote

MAX_BYTES = 255
"""The longest name that file systems take."""

MAX_DECODINGS = 5

UPLOAD_PACK = "git-upload-pack"
"""The service of git that reads."""


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
