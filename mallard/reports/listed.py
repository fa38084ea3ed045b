"""Rows of breakdowns with further columns beside them: those of a goal, and those of `columns`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mallard.reports.arguments import BadQuery, Choice
from mallard.reports.breakdown import breakdown, breakdown_of
from mallard.reports.breakdown_rows import DEFAULT_ORDER, IN_ORDER, PROPERTY_ORDERS, BreakdownRow
from mallard.reports.breakdown_rows import ORDERS as VISITOR_ORDERS
from mallard.reports.columns import (
    ENGAGEMENT,
    NAMES,
    OF_ENGAGEMENT,
    Told,
    can_be_told,
    columns_told,
    names_of,
)
from mallard.reports.conversions import ORDERS as CONVERSION_ORDERS
from mallard.reports.conversions import conversions, conversions_of
from mallard.reports.goal import Goal
from mallard.reports.properties import is_property
from mallard.reports.query import ReportQuery
from mallard.store.reader import Reader
from mallard.texts.said import said

ORDER = Choice(
    "order",
    "The most visitors first, the most pageviews, or the values in order of their code points; with"
    " a goal, also the most conversions or the highest rate, and of `columns` the highest figure"
    " of one that is asked for. The values of a property also go by their `events`.",
    choices=(*VISITOR_ORDERS, *CONVERSION_ORDERS, *NAMES),
    default=DEFAULT_ORDER,
)

EVERY_ROW = 2**31


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of a breakdown, and what stands in its further columns, by their names."""

    row: BreakdownRow
    more: dict[str, float]


def check_columns(dimension: str, columns: Sequence[str]) -> None:
    """Raises BadQuery where one of the columns cannot be told of a dimension's rows."""
    known = can_be_told(dimension)
    for name in columns:
        if name not in known:
            rather = (
                said("there are %(names)s", names=", ".join(known))
                if known
                else said("there are none")
            )
            raise BadQuery(
                said(
                    "columns: the rows of %(dimension)s have no %(name)s; %(instead)s",
                    dimension=dimension,
                    name=name,
                    instead=rather,
                )
            )


def check_order(dimension: str, order: str, has_goal: bool, columns: Sequence[str] = ()) -> None:
    """Raises BadQuery where rows cannot be ordered so, as they do not have what decides."""
    if order in CONVERSION_ORDERS and not has_goal:
        raise BadQuery(said("order=%(order)s needs a goal", order=order))
    is_known = order in columns or (is_property(dimension) and order in PROPERTY_ORDERS)
    needed = ENGAGEMENT if order in OF_ENGAGEMENT else order
    if order in NAMES and not is_known and needed not in columns:
        raise BadQuery(said("order=%(order)s needs columns=%(needed)s", order=order, needed=needed))


def listed(
    reader: Reader,
    query: ReportQuery,
    dimension: str,
    columns: tuple[str, ...],
    goal: Goal | None = None,
    search: str = "",
    order: str = DEFAULT_ORDER,
    offset: int = 0,
) -> list[Listed]:
    """A breakdown whose rows have further columns, and those of a goal if there is one.

    `order` may be one of the columns as well: the highest figure first.
    """
    query = _counting(query, goal)
    told = columns_told(reader, query, dimension, columns)
    if order not in names_of(columns):
        rows = _rows(reader, query, dimension, goal, search, order, offset)
        return [_listed(row, told, columns) for row in rows]
    every = replace(query, limit=EVERY_ROW)
    rows = _rows(reader, every, dimension, goal, search, DEFAULT_ORDER, 0)
    found = [_listed(row, told, columns) for row in rows]
    found.sort(key=lambda one: (-one.more[order], *IN_ORDER[DEFAULT_ORDER](one.row)))
    return found[offset : offset + query.limit]


def listed_of(
    reader: Reader,
    query: ReportQuery,
    dimension: str,
    columns: tuple[str, ...],
    goal: Goal | None,
    keys: tuple[str, ...],
) -> list[Listed]:
    """The rows with exactly these keys; those without events are left out."""
    query = _counting(query, goal)
    told = columns_told(reader, query, dimension, columns)
    rows: Sequence[BreakdownRow]
    if goal is not None:
        rows = conversions_of(reader, query, dimension, goal, keys)
    else:
        rows = breakdown_of(reader, query, dimension, keys)
    return [_listed(row, told, columns) for row in rows]


def _counting(query: ReportQuery, goal: Goal | None) -> ReportQuery:
    """The query, without imported days where it is asked who reached a goal: they cannot tell."""
    return query if goal is None else replace(query, imported=())


def _rows(
    reader: Reader,
    query: ReportQuery,
    dimension: str,
    goal: Goal | None,
    search: str,
    order: str,
    offset: int,
) -> Sequence[BreakdownRow]:
    if goal is not None:
        return conversions(reader, query, dimension, goal, search, order, offset)
    return breakdown(reader, query, dimension, search, order, offset)


def _listed(row: BreakdownRow, told: Told, columns: Sequence[str]) -> Listed:
    figures = told.get(row.key, {})
    return Listed(row, {name: figures.get(name, 0) for name in names_of(columns)})
