"""The settings of Umami's place: whose websites' events are taken in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

import msgspec

from mallard.config import rules
from mallard.config.about import About, AboutEntries

WEBSITE = re.compile(r"[A-Za-z0-9-]{1,64}")


def _website(text: str) -> str:
    if not WEBSITE.fullmatch(text):
        raise ValueError("the id of a website as Umami has it, such as a UUID")
    return text


def _site_id(text: str) -> str:
    return rules.site_ids((text,))[0]


class UmamiSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in for an Umami; where a Settings has one, `/api/send` is there."""

    websites: Annotated[
        Mapping[str, Annotated[str, About("Site that a website of Umami's is.", rule=_site_id)]],
        AboutEntries(rule=_website),
    ] = {}
