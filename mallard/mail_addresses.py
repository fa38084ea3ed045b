"""Addresses of mail: what one looks like that nothing can be smuggled into a header with."""

from __future__ import annotations

import re

from mallard.texts.said import said

LONGEST = 254
LONGEST_LOCAL = 64
WANTED = "an address of mail, such as ada@example.com"

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?P<local>{_ATOM}([.]{_ATOM})*)@{_LABEL}([.]{_LABEL})*")
_WITH_NAME = re.compile(r"(?P<name>[^<>]*?) *<(?P<address>[^<>]*)>")


def check_mail_address(text: str) -> str:
    """The address. Raises ValueError for anything else; hosts beyond ASCII go as `xn--`."""
    found = _ADDRESS.fullmatch(text)
    if found is None or len(text) > LONGEST or len(found["local"]) > LONGEST_LOCAL:
        raise ValueError(
            said("%(text)s is no address of mail, such as ada@example.com", text=repr(text))
        )
    return text


def name_and_address(text: str) -> tuple[str, str]:
    """The two parts of `Name <address>`, the name empty where there is none. Raises ValueError."""
    found = _WITH_NAME.fullmatch(text.strip())
    name, address = (found["name"], found["address"]) if found else ("", text.strip())
    if not name.isprintable():
        raise ValueError(said("%(name)s is no name that people can read", name=repr(name)))
    return name.strip(' "'), check_mail_address(address)
