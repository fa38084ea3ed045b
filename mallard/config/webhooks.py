"""The settings of webhooks: into which networks of this server's own they may go."""

from __future__ import annotations

from typing import Annotated

import msgspec

from mallard.config import rules
from mallard.config.about import About
from mallard.config.rules import Network


class Webhooks(msgspec.Struct, frozen=True, kw_only=True):
    """What webhooks may do beside what they may do anyway."""

    allowed_networks: Annotated[
        tuple[Network, ...],
        About(
            "Networks that alerts may be posted to although they are this server's own or private;"
            " all others are outside.",
            rule=rules.networks,
        ),
    ] = ()
