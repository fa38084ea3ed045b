"""Whose clients are understood beside our own, under the addresses that they know."""

from __future__ import annotations

from typing import Annotated

import msgspec

from mallard.config.about import About


class Peers(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in for other products; where a Settings has none, nothing of it is there."""

    plausible: Annotated[
        bool,
        About(
            "Plausible's clients: their forms of an event at /api/event, and the script at /js/;"
            " its APIs for reading."
        ),
    ] = False
    umami: Annotated[
        bool,
        About(
            "Umami's clients: /api/send, /api/batch, /api/heartbeat and /script.js; its API for"
            " reading; a website's id is an alias of a site."
        ),
    ] = False
    goatcounter: Annotated[
        bool,
        About(
            "GoatCounter's clients: /count, /count.js and /api/v0/count; the site is the host that"
            " is asked, where that is an alias, else the page's."
        ),
    ] = False
