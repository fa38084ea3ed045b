"""Texts that are said where something happens, and told later to people of any language.

What is said is English text, for logs and for programs; what it is made of is kept for people.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath


class Said(str):
    """An English text that remembers what it was made of; `str()` makes plain text of it."""

    def __new__(cls, one: str, many: str, count: int, values: dict[str, object]) -> Said:
        """The text for `count` of something, with values where it has `%(name)s`."""
        text = one if count == 1 else many
        said = super().__new__(cls, text % values if values else text)
        said.one, said.many, said.number, said.values = one, many, count, values
        return said

    one: str
    many: str
    number: int
    values: dict[str, object]

    def __reduce__(self) -> tuple[type[Said], tuple[str, str, int, dict[str, object]]]:
        """What copies are made of."""
        return Said, (self.one, self.many, self.number, self.values)


class Grouped(int):
    """A number that is written in groups of three digits."""

    def __str__(self) -> str:
        return f"{int(self):,}"


def said(text: str, /, **values: object) -> Said:
    """A text with its values; of errors among them their words are taken."""
    return Said(text, text, 1, _words_among(values))


def said_of(one: str, many: str, count: int, /, **values: object) -> Said:
    """The text for so many; `values` as above."""
    return Said(one, many, count, _words_among(values))


def within(where: object, why: object) -> Said:
    """What is wrong, behind the name of what it is wrong in."""
    return said("%(where)s: %(why)s", where=where, why=why)


def listed(before: str, more: str) -> Said:
    """One after the other."""
    return said("%(before)s, %(more)s", before=before, more=more)


def words_of(error: BaseException) -> str:
    """What an error says, which remains what was said."""
    first = error.args[0] if len(error.args) == 1 else None
    return first if isinstance(first, Said) else str(error)


def changed(words: str, change: Callable[[str], str]) -> str:
    """What was said with other texts in it."""
    if not isinstance(words, Said):
        return change(words)
    values = {
        name: changed(value, change) if isinstance(value, str) else value
        for name, value in words.values.items()
    }
    return Said(words.one, words.many, words.number, values)


def _words_among(values: dict[str, object]) -> dict[str, object]:
    return {name: _words(value) for name, value in values.items()}


def _words(value: object) -> object:
    if isinstance(value, BaseException):
        return words_of(value)
    return str(value) if isinstance(value, PurePath) else value
