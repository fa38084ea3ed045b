"""Texts in the language of whoever reads them. What they are known by is the English text."""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations
from pathlib import Path

from mallard.texts.forms import number
from mallard.texts.language import ENGLISH, language
from mallard.texts.said import Grouped, Said, words_of

HERE = Path(__file__).parent


def _(text: str, /, **values: object) -> str:
    """The text as its reader reads it, with values where it has `%(name)s`."""
    if isinstance(text, Said):
        return _of_said(text)
    told = text if language() == ENGLISH else catalogue(language()).gettext(text)
    return told % _told_too(values) if values else told


def plural(one: str, many: str, count: int, /, **values: object) -> str:
    """The text for so many; `values` as above."""
    if language() == ENGLISH:
        told = one if count == 1 else many
    else:
        told = catalogue(language()).ngettext(one, many, count)
    return told % _told_too(values) if values else told


def N_(text: str) -> str:
    """The text itself, named where it is written: who shows it asks for it in a language."""
    return text


def told(error: BaseException) -> str:
    """What an error says, as its reader reads it."""
    return _(words_of(error))


def sentence(error: BaseException) -> str:
    """The same with a capital letter and a full stop."""
    text = told(error)
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}."


def _of_said(said: Said) -> str:
    if said.one == said.many:
        return _(said.one, **said.values)
    return plural(said.one, said.many, said.number, **said.values)


def _told_too(values: dict[str, object]) -> dict[str, object]:
    return {name: _value(value) for name, value in values.items()}


def _value(value: object) -> object:
    if isinstance(value, Grouped):
        return number(str(value))
    return _(value) if isinstance(value, Said) else value


@cache
def catalogue(of: str) -> GNUTranslations:
    """All texts in a language, which are read when the first reader of it comes."""
    with (HERE / f"{of}.mo").open("rb") as file:
        return GNUTranslations(file)
