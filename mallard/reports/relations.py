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
        if is_named(name, "\n".join([sql, *needed])):
            needed.insert(0, relation)
    return needed


def is_named(name: str, sql: str) -> bool:
    """Whether SQL has a name, as a word of its own."""
    # To look for words takes much longer, and most names are not there at all.
    return name in sql and re.search(rf"\b{name}\b", sql) is not None
