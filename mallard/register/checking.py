"""What the parts of a document are checked for beyond their types. Each raises ValueError."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from ipaddress import ip_network
from typing import Protocol

from mallard.reports.patterns import page_pattern
from mallard.texts.said import said, within

_ORIGIN = re.compile(r"https?://[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?(:[0-9]{1,5})?")
"""Nothing in it can end what it stands in, a header's list; hosts beyond ASCII as `xn--`."""


class Named(Protocol):
    """What is asked for by its name."""

    @property
    def name(self) -> str:
        """The name."""


def check_each(key: str, texts: Sequence[str], check: Callable[[str], object]) -> None:
    """That nothing is wrong with any of these, by a check that raises ValueError."""
    for text in texts:
        try:
            check(text)
        except ValueError as error:
            raise ValueError(within(key, error)) from None


def check_network(text: str) -> None:
    """That this is an address, or a network of them."""
    try:
        ip_network(text)
    except ValueError:
        raise ValueError(
            said("%(text)s is no address, and no network as 203.0.113.0/24", text=repr(text))
        ) from None


def check_country(code: str) -> None:
    """That this has the form of a code of ISO 3166."""
    if not (len(code) == 2 and code.isascii() and code.isalpha() and code.isupper()):
        raise ValueError(
            said("%(code)s is no code of a country: two capital letters", code=repr(code))
        )


def check_parameter(name: str) -> None:
    """That this may be the name of a parameter of a query, as people read it."""
    if not name.isprintable() or name != name.strip():
        raise ValueError(said("%(name)s is no name of a parameter", name=repr(name)))


def check_group(text: str) -> None:
    """That this is a pattern that may be the path of a page."""
    if not text.startswith("/"):
        raise ValueError(
            said("%(text)s is no pattern of paths to group: begin it with /", text=repr(text))
        )
    page_pattern(text)


def check_name(name: str) -> None:
    """That people can read a name, and type it."""
    if not name.isprintable() or name != name.strip():
        raise ValueError(said("name must be printable, without blanks around it"))


def check_origin(text: str) -> None:
    """That this is the origin of pages, as browsers spell it: `https://www.example.com`."""
    if not _ORIGIN.fullmatch(text):
        raise ValueError(
            said(
                "%(text)s is no origin: https://, a host, and a port if it has one", text=repr(text)
            )
        )


def check_alias(text: str) -> None:
    """That events may come by this name; it need not have the form of a site's id."""
    if not text.isprintable() or "," in text or " " in text:
        raise ValueError(
            said("%(text)s may not be an alias: it has a comma or a space", text=repr(text))
        )


def check_no_repeats(key: str, texts: Sequence[str]) -> None:
    """That none of these is there twice."""
    for text in texts:
        if texts.count(text) > 1:
            raise ValueError(said("%(where)s: %(text)s is there twice", where=key, text=repr(text)))


def check_unique(kind: str, parts: Sequence[Named]) -> None:
    """That no two parts of a kind have one name."""
    names = [part.name for part in parts]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(
                said("%(where)s: there are two of the name %(name)s", where=kind, name=repr(name))
            )
