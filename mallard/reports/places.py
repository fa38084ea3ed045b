"""Regions and cities, each told with its country: there is a London in Canada, too.

In SQL a place is one text, its key: the country's code, a sign that no code has, and the name.
"""

from __future__ import annotations

COLUMNS = frozenset(("region", "city"))

_MARK = "\x1f"
_SQL_OF_MARK = f"chr({ord(_MARK)})"

NAME = f"substr(value, strpos(value, {_SQL_OF_MARK}) + 1)"
"""The SQL of the name in a key called `value`."""


def key_sql(column: str) -> str:
    """The SQL of the keys of a column of places; what is missing is `$unknown`."""
    return f"coalesce(country_code, $unknown) || {_SQL_OF_MARK} || coalesce({column}, $unknown)"


def key(country_code: str, name: str) -> str:
    """The key of a place."""
    return f"{country_code}{_MARK}{name}"


def country_and_name(key: str) -> tuple[str, str]:
    """What a key is made of."""
    country_code, _, name = key.partition(_MARK)
    return country_code, name
