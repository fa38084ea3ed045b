"""Texts that visitors choose, written so that no sign in them can disguise the others."""

from __future__ import annotations

import re
import unicodedata

_JOINERS = "\u200c\u200d"
"""Persian words and emoji are written with these; between Latin letters nobody would see them."""
_UNSEEN = "".join(
    chr(code)
    for code in range(0x10000)
    if unicodedata.category(chr(code)) in ("Cc", "Cf", "Zl", "Zp") and chr(code) not in _JOINERS
)
_DISGUISE = re.compile(f"[{re.escape(_UNSEEN)}]|(?<![^\\x00-\\x7f])[{_JOINERS}]")


def legible(text: str) -> str:
    r"""The text with signs that are not seen, or turn the others around, as `\u202e`."""
    return _DISGUISE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
