"""The settings of single sign-on: the provider that says who somebody is."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from mallard.config import rules
from mallard.config.about import About

AN_ISSUER = "an address such as https://id.example.com/realms/staff, as the provider names itself"
ON_THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")


def _issuer(text: str) -> str:
    """The address, which is of https unless the provider is on this very machine."""
    try:
        parts = urlsplit(text)
        rules.origin(f"{parts.scheme}://{parts.netloc}")
    except ValueError:
        raise ValueError(AN_ISSUER) from None
    is_here = parts.netloc.rpartition(":")[0] in ON_THIS_MACHINE or parts.netloc in ON_THIS_MACHINE
    if parts.query or parts.fragment or not (parts.scheme == "https" or is_here):
        raise ValueError(AN_ISSUER)
    return text


class Oidc(msgspec.Struct, frozen=True, kw_only=True):
    """Who says who somebody is; where a Settings names one, signing in offers it."""

    issuer: Annotated[
        str | None,
        About("Address of the provider of OpenID Connect, as it names itself.", rule=_issuer),
    ] = None
    client_id: Annotated[str | None, About("What this Mallard is called there.")] = None
    client_secret: Annotated[
        str | None, About("What proves there that it is this Mallard.", secret=True)
    ] = None
    role_claim: Annotated[
        str | None,
        About(
            "Claim that says Owner, Editor or Viewer, or lists it among others, with dots where it"
            " is within another one, as in realm_access.roles; without it, people are let in who"
            " have an account under their mail address."
        ),
    ] = None
    name: Annotated[str, About("What the button calls the provider.")] = "single sign-on"

    def __post_init__(self) -> None:
        """Raises ValueError when one of several is missing that it cannot go without."""
        needed = ("issuer", "client_id", "client_secret")
        missing = [key for key in needed if not getattr(self, key)]
        if missing and len(missing) < len(needed):
            raise ValueError(f"{', '.join(missing)} beside what is there")

    @property
    def is_named(self) -> bool:
        """Whether there is a provider."""
        return self.issuer is not None
