"""Lists of values in one text, whose separator the values may hold themselves.

In a value the separator is written percent-encoded, and what looks like that is written with a
`25` more: of `|`, `%7C` and `%257C` the values' spellings are `%7C`, `%257C` and `%25257C`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable


class Separator:
    """A character between values."""

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._code = f"%{ord(mark):02X}"
        self._escape = re.compile(f"%((?:25)*)({ord(mark):02X})", re.IGNORECASE)

    def joined(self, values: Iterable[str]) -> str:
        """The text that `split` takes apart into these values."""
        return self._mark.join(map(self._escaped, values))

    def split(self, text: str) -> list[str]:
        """The values of a text, at least one."""
        return [self._escape.sub(self._meant, value) for value in text.split(self._mark)]

    def _escaped(self, value: str) -> str:
        return self._escape.sub(r"%25\1\2", value).replace(self._mark, self._code)

    def _meant(self, found: re.Match[str]) -> str:
        more, code = found.groups()
        return f"%{more[2:]}{code}" if more else self._mark
