"""Common table expressions, written out in the order in which each may name those before it."""

from __future__ import annotations

import re
from collections.abc import Sequence


def needed_of(relations: Sequence[str], sql: str) -> list[str]:
    """Those that the SQL names, or that these name: to plan the others may take longest of all.

    Each begins with its name, and names only such as stand before it.
    """
    needed: list[str] = []
    for relation in reversed(relations):
        name = relation.split(maxsplit=1)[0]
        if re.search(rf"\b{name}\b", "\n".join([sql, *needed])):
            needed.insert(0, relation)
    return needed
