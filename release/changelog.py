"""Reads CHANGELOG.md: its sections, and whether the newest is the version that goes out."""

from __future__ import annotations

import re
from datetime import date

_HEADING = re.compile(r"^## \[(?P<version>[^]]+)\](?: - (?P<date>\S+))?$", re.MULTILINE)
UNRELEASED = "Unreleased"


def sections(text: str) -> dict[str, tuple[str, str]]:
    """The date and the body of each section by its version, the newest first."""
    headings = list(_HEADING.finditer(text))
    ends = [heading.start() for heading in headings] + [len(text)]
    return {
        heading["version"]: (heading["date"] or "", text[heading.end() : end].strip())
        for heading, end in zip(headings, ends[1:], strict=True)
    }


def complaint(text: str, version: str) -> str | None:
    """Why this version cannot go out with this changelog; None when it can."""
    found = sections(text)
    _, waiting = found.pop(UNRELEASED, ("", ""))
    if waiting:
        return f"what is under {UNRELEASED} belongs into the section of a version"
    newest = next(iter(found), None)
    if newest != version:
        return f"the program says that it is {version}, the newest section {newest}"
    day, body = found[version]
    try:
        date.fromisoformat(day)
    except ValueError:
        return f"the section {version} has no date, but {day!r}"
    return None if body else f"the section {version} is empty"
