"""The channel of an event once more, by what docs/channels.md says."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from mallard.model import Event

DOCUMENT = Path(__file__).parents[2] / "docs" / "channels.md"
ROW = re.compile(r"^\| (.*) \| (.*) \| (.*) \| (.*) \|$", re.MULTILINE)
KIND = re.compile(r"^- \*\*(.+)\*\*: (.+)$", re.MULTILINE)


@cache
def rules() -> list[tuple[str, ...]]:
    """Channel, source, medium and campaign of each row of the table."""
    _, *rows = ROW.findall(DOCUMENT.read_text("utf-8"))
    return rows


@cache
def kinds() -> dict[str, list[str]]:
    """The names of each kind."""
    found = KIND.findall(DOCUMENT.read_text("utf-8"))
    return {kind: re.findall("`([^`]+)`", names) for kind, names in found}


def is_of(kind: str, value: str | None) -> bool:
    if value is None:
        return kind == "nothing"
    return any(fnmatchcase(value.lower(), name) for name in kinds()[kind])


def channel(event: Event) -> str:
    sources = (event.referrer_source, event.utm_source)
    for name, source, medium, campaign in rules():
        of_kind = [is_of(source, one) for one in sources] if source else [True]
        if (
            (all(of_kind) if source == "nothing" else any(of_kind))
            and (not medium or is_of(medium, event.utm_medium))
            and (not campaign or is_of(campaign, event.utm_campaign))
        ):
            return name
    raise AssertionError(f"no row fits {event}")
