"""Patterns of paths and hosts: `*` stands for any text, slashes too, and all must fit.

They are compared with what people read, so that either spelling of a path fits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mallard.host_names import host_as_read
from mallard.reports.decoding import decoded
from mallard.texts.said import said

ANYTHING = "*"
LONGEST = 2048
_STAR = re.compile("%2A", re.IGNORECASE)


class BadPattern(ValueError):
    """A text that is no pattern; it says why."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """The texts between the stars; a single one where there is no star."""

    parts: tuple[str, ...]

    def fits(self, text: str) -> bool:
        """Whether all of a decoded text fits; the time that takes grows with its length alone."""
        first, *rest = self.parts
        if not rest:
            return text == first
        *between, last = rest
        if not text.startswith(first):
            return False
        at, end = len(first), len(text) - len(last)
        for part in between:
            found = text.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
        return at <= end and text.endswith(last)

    @property
    def regex(self) -> str:
        """The same as a regular expression, for RE2."""
        return "(?s)" + ".*".join(map(re.escape, self.parts))


def page_pattern(text: str) -> Pattern:
    """The pattern of paths that a text spells. Raises BadPattern."""
    if not text.startswith(("/", ANYTHING)):
        raise BadPattern(
            said("%(text)s is no pattern of paths: begin it with / or *", text=repr(text))
        )
    return _pattern(text, tuple(map(decoded, text.split(ANYTHING))))


def text_pattern(text: str) -> Pattern:
    """The pattern of anything else, in which `%2A` is a star itself."""
    return Pattern(tuple(_STAR.sub(ANYTHING, part) for part in text.split(ANYTHING)))


def host_pattern(text: str) -> Pattern:
    """The pattern of host names that a text spells. Raises BadPattern."""
    if not text or "/" in text:
        raise BadPattern(said("%(text)s is no pattern of host names", text=repr(text)))
    return _pattern(text, tuple(host_as_read(text.lower()).split(ANYTHING)))


def _pattern(text: str, parts: tuple[str, ...]) -> Pattern:
    if len(text) > LONGEST or not text.isprintable():
        raise BadPattern(said("a pattern has at most %(most)s printable characters", most=LONGEST))
    return Pattern(parts)
