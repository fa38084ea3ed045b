"""What comes first and last in time; of what came at one moment, it is the same one everywhere.

Data that was kept by the second has many such moments. Reports find them among the events, or on
kept legs, in another order each time; so a hash of the value and the moment decides, which both
know, and which favours no value.
"""

from __future__ import annotations

_SPAN = "18446744073709551616"
"""One more than the greatest hash."""
_ON_LEGS = "2 * epoch_us(started_at) + (ended_at > started_at)::bigint"
"""Of the legs that begin at one moment all but the last are over in it."""


def first_of(value: str, at: str = "timestamp", of_nulls: bool = False) -> str:
    """The SQL of the earliest of a group's values; NULL is one only where it is `of_nulls`."""
    return f"arg_min{'_null' if of_nulls else ''}({value}, {_key(value, at, f'epoch_us({at})')})"


def last_of(value: str, at: str = "timestamp") -> str:
    """The SQL of the latest of a group's values that are not NULL."""
    return f"arg_max({value}, {_key(value, at, f'epoch_us({at})')})"


def first_on_legs(page: str) -> str:
    """The SQL of the first page of a session's legs."""
    return f"arg_min({page}, {_key(page, 'started_at', _ON_LEGS)})"


def last_on_legs(page: str) -> str:
    """The SQL of the last page of a session's legs."""
    return f"arg_max({page}, {_key(page, 'started_at', _ON_LEGS)})"


def by_order(value: str, at: str = "timestamp") -> str:
    """The SQL of what puts rows in this order."""
    return f"{at}, hash({value}, {at})"


def _key(value: str, at: str, order: str) -> str:
    return f"({order})::hugeint * {_SPAN} + hash({value}, {at})"
