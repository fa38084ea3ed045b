"""The rows of breakdowns, and the orders they come in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mallard.reports import places
from mallard.reports.filters import PROP
from mallard.reports.money import Amount
from mallard.store.reader import Row


@dataclass(frozen=True, slots=True)
class BreakdownRow:
    """One value of the dimension, a path decoded; `(unknown)` stands for events without one."""

    value: str
    visitors: int
    pageviews: int

    @property
    def key(self) -> str:
        """What tells it from all other rows."""
        return self.value


@dataclass(frozen=True, slots=True)
class PlaceRow(BreakdownRow):
    """One region or city, with the code of its country, which may be `(unknown)` as well."""

    country_code: str

    @property
    def key(self) -> str:
        """What tells it from all other rows."""
        return places.key(self.country_code, self.value)


@dataclass(frozen=True, slots=True)
class PropertyRow(BreakdownRow):
    """One value of a property: how many events have it, and what these brought in."""

    events: int
    revenue: list[Amount]


ORDERS = {
    "visitors": "visitors desc, pageviews desc, {printed}, value",
    "pageviews": "pageviews desc, visitors desc, {printed}, value",
    "value": "{printed}, value",
}
"""What the rows can be ordered by."""

PROPERTY_ORDERS = {"events": "events desc, visitors desc, {printed}, value"}
"""What those of a property can be ordered by as well."""

IN_ORDER: Mapping[str, Callable[[BreakdownRow], tuple[Any, ...]]] = {
    "visitors": lambda row: (-row.visitors, -row.pageviews, row.value, row.key),
    "pageviews": lambda row: (-row.pageviews, -row.visitors, row.value, row.key),
    "value": lambda row: (row.value, row.key),
}
"""The same of rows that are there already."""

DEFAULT_ORDER = "visitors"


def printed_sql(column: str) -> str:
    """The SQL of a row's text, where its key is called `value`."""
    return places.NAME if column in places.COLUMNS else "value"


def order_sql(column: str, order: str) -> str:
    """The SQL of one of ORDERS; where two places have one name, their countries decide."""
    by = (ORDERS | PROPERTY_ORDERS)[order]
    return f"order by {by.format(printed=printed_sql(column))}"


def rows_of(column: str, rows: Iterable[Row]) -> list[BreakdownRow]:
    """The rows of a column, each of its key and its figures."""
    if column.startswith(PROP):
        return [_of_property(*row) for row in rows]
    if column not in places.COLUMNS:
        return [BreakdownRow(*row) for row in rows]
    found: list[BreakdownRow] = []
    for key, visitors, pageviews in rows:
        country_code, name = places.country_and_name(key)
        found.append(PlaceRow(name, visitors, pageviews, country_code))
    return found


def _of_property(
    value: str, visitors: int, pageviews: int, events: int, revenue: Iterable[Mapping[str, Any]]
) -> PropertyRow:
    amounts = [Amount(**amount) for amount in revenue]
    return PropertyRow(value, visitors, pageviews, events, amounts)


def in_order(column: str, order: str, rows: Iterable[Row]) -> list[BreakdownRow]:
    """The same of rows that come in any order."""
    return sorted(rows_of(column, rows), key=IN_ORDER[order])
