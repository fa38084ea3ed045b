"""What is in the fields of a form."""

from __future__ import annotations

from collections.abc import Mapping

Fields = Mapping[str, str]
"""What is in the fields of a form, by their names; several things stand in lines."""


def lines_of(text: str) -> list[str]:
    """The lines of a field that are not blank."""
    return [line.strip() for line in text.splitlines() if line.strip()]
