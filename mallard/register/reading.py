"""Reads documents, and says what is wrong with one, and where."""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec

from mallard.model import MallardError
from mallard.register.kept import Kept
from mallard.register.part import Part
from mallard.register.port import Document
from mallard.register.site import Site
from mallard.texts.catalogue import N_
from mallard.texts.said import said, within, words_of

P = TypeVar("P", bound=Part)

_BOUNDS = (
    (re.compile(r"Expected `str` of length <= (\d+)"), N_("Expected `str` of length <= %(bound)s")),
    (re.compile(r"Expected `str` of length >= (\d+)"), N_("Expected `str` of length >= %(bound)s")),
    (
        re.compile(r"Expected `array` of length <= (\d+)"),
        N_("Expected `array` of length <= %(bound)s"),
    ),
    (re.compile(r"Expected `int` <= (\d+)"), N_("Expected `int` <= %(bound)s")),
    (re.compile(r"Expected `int` >= (\d+)"), N_("Expected `int` >= %(bound)s")),
    (re.compile(r"Expected `int`, got `(\w+)`"), N_("Expected `int`, got `%(bound)s`")),
    (re.compile(r"Invalid enum value '(.*)'"), N_("Invalid enum value '%(bound)s'")),
)
"""What people may meet of the words of msgspec; what is beyond them programs alone send."""

FIELDS = (
    N_("name"),
    N_("text"),
    N_("times"),
    N_("hours"),
    N_("free_percent"),
    N_("on"),
    N_("webhook"),
    N_("page"),
    N_("event"),
)
"""Those in which it may be, as far as no check of ours names them."""

_BYTE = re.compile(r" \(byte (\d+)\)$")


class BadDocument(MallardError):
    """What is no document of its kind; the text says what is wrong, and where."""


def parsed(content: bytes, kind: type[P]) -> P:
    """The document that this spells. Raises BadDocument."""
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.ValidationError as error:
        raise BadDocument(words_of(error)) from None
    except msgspec.DecodeError as error:
        raise BadDocument(_BYTE.sub(lambda m: _place(content, int(m[1])), str(error))) from None
    except UnicodeDecodeError:
        raise BadDocument(said("it is not UTF-8 text")) from None


def understood(document: Document, kind: type[P]) -> P:
    """The document as it is kept. Raises BadDocument, which names its place."""
    try:
        return parsed(document.content, kind)
    except BadDocument as error:
        raise BadDocument(
            said("cannot read %(where)s: %(why)s", where=document.place, why=error)
        ) from None


def what_is_wrong(error: msgspec.ValidationError) -> str:
    """What is wrong with a document, and with which field, without its place in there."""
    if isinstance(error.__cause__, ValueError):
        return words_of(error.__cause__)
    text, _, place = str(error).partition(" - at `$")
    field = place.rstrip("`").rpartition(".")[2].partition("[")[0]
    why = next(
        (
            said(told, bound=found[1])
            for pattern, told in _BOUNDS
            if (found := pattern.fullmatch(text))
        ),
        text,
    )
    return within(said(field), why) if field else why


def site_of(kept: Kept) -> Site:
    """What it decides."""
    return Site(**{name: getattr(kept, name) for name in Site.__struct_fields__})


def written(content: object) -> bytes:
    """What a document says, as people can read and edit it."""
    return msgspec.json.format(msgspec.json.encode(content)) + b"\n"


def _place(content: bytes, at: int) -> str:
    *lines, last = content[:at].split(b"\n")
    return f", in line {len(lines) + 1}, column {len(last) + 1}"
