"""Reads documents, and says what is wrong with one, and where."""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec

from mallard.model import MallardError
from mallard.register.kept import Kept
from mallard.register.port import Document
from mallard.register.site import Site

S = TypeVar("S", bound=Site)

_BYTE = re.compile(r" \(byte (\d+)\)$")


class BadDocument(MallardError):
    """What is no document of a site; the text says what is wrong, and where."""


def parsed(content: bytes, kind: type[S]) -> S:
    """The document that this spells. Raises BadDocument."""
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.ValidationError as error:
        raise BadDocument(str(error)) from None
    except msgspec.DecodeError as error:
        raise BadDocument(_BYTE.sub(lambda m: _place(content, int(m[1])), str(error))) from None
    except UnicodeDecodeError:
        raise BadDocument("it is not UTF-8 text") from None


def understood(document: Document) -> Kept:
    """The document as it is kept. Raises BadDocument, which names its place."""
    try:
        return parsed(document.content, Kept)
    except BadDocument as error:
        raise BadDocument(f"cannot read {document.place}: {error}") from None


def site_of(kept: Kept) -> Site:
    """What it decides."""
    return Site(**{name: getattr(kept, name) for name in Site.__struct_fields__})


def _place(content: bytes, at: int) -> str:
    *lines, last = content[:at].split(b"\n")
    return f", in line {len(lines) + 1}, column {len(last) + 1}"
