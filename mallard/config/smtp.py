"""The settings of mail: the server that takes it, and in whose name it goes."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from mallard.config import rules
from mallard.config.about import About
from mallard.mail_addresses import name_and_address

Security = Literal["tls", "starttls", "none"]
USUAL_PORTS: dict[Security, int] = {"tls": 465, "starttls": 587, "none": 25}


def _sender(text: str) -> str:
    try:
        name_and_address(text)
    except ValueError:
        raise ValueError("an address such as stats@example.com or Stats <stats@example.com>") from (
            None
        )
    return text


class Smtp(msgspec.Struct, frozen=True, kw_only=True):
    """How mail is sent; where a Settings has none, none is."""

    host: Annotated[str, About("Server that takes mail.", rule=rules.host)] = "localhost"
    port: Annotated[
        int,
        Meta(ge=0, le=65_535),
        About("Its port; 0 = the usual one: 587 for starttls, 465 for tls, 25 for none."),
    ] = 0
    user: Annotated[str | None, About("Name to log in with, where it asks for one.")] = None
    password: Annotated[str | None, About("Password of that name.", secret=True)] = None
    security: Annotated[
        Security,
        About(
            "How the connection is encrypted: from its beginning, by STARTTLS, or not at all; the"
            " server's certificate is always checked."
        ),
    ] = "starttls"
    sender: Annotated[
        str | None,
        About(
            "Address that mail comes from, with a name if you like; the user where that is an"
            " address, if not set.",
            rule=_sender,
        ),
    ] = msgspec.field(name="from", default=None)

    @property
    def port_asked(self) -> int:
        """The port, the usual one if none is named."""
        return self.port or USUAL_PORTS[self.security]

    @property
    def name_and_address(self) -> tuple[str, str]:
        """In whose name mail goes."""
        try:
            return name_and_address(self.sender or self.user or "")
        except ValueError:
            return "Mallard", "mallard@localhost"

    def __repr__(self) -> str:
        return f"<Mail by {self.host}:{self.port_asked}>"
