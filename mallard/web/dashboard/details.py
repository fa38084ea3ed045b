"""The details view: every value of one dimension, with search, order and pages."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mallard.reports import places
from mallard.reports.breakdown import breakdown, breakdown_count
from mallard.reports.breakdown_rows import DEFAULT_ORDER, PlaceRow
from mallard.reports.breakdown_rows import ORDERS as VISITOR_ORDERS
from mallard.reports.conversions import Converted
from mallard.reports.export import csv_text
from mallard.reports.filters import Filter
from mallard.reports.listed import Listed, check_columns
from mallard.reports.parameters import MAX_LIMIT
from mallard.web.dashboard.columns import Column, columns_of, file_columns, shown_columns
from mallard.web.dashboard.page_url import PageUrl
from mallard.web.dashboard.panels import Panel
from mallard.web.dashboard.rows import Row, asked_rows, written_out
from mallard.web.dashboard.view import View
from mallard.web.dashboard.wording import value_text

PAGE_SIZE = 50
MOST_IN_A_FILE = 100_000
ALL_THERE_ARE = 2**31


@dataclass(frozen=True, slots=True)
class Details:
    """One page of the list; `count` is of all rows that match the search, `number` from 1."""

    asked: str
    """The names of the columns that a file of it has to be asked for."""
    columns: list[Column]
    rows: list[Row]
    count: int
    number: int
    pages: int
    filter: PageUrl | None
    """The view that is filtered by what is searched for, without the search; None for no rows."""


def details(view: View, panel: Panel) -> Details:
    """The page of the list that the view's address names, or the last there is."""
    listing, names = view.url.listing, columns_of(view, panel.name)
    if panel.filtered_by == "country":
        everything = _countries(view, panel.name, names)
        count = len(everything)
    else:
        count = view.desk.ask(breakdown_count, view.query, panel.name, listing.search)
    pages = max(1, -(-count // PAGE_SIZE))
    number = min(listing.page, pages)
    first = (number - 1) * PAGE_SIZE
    if panel.filtered_by == "country":
        found = everything[first : first + PAGE_SIZE]
    else:
        query = replace(view.query, limit=PAGE_SIZE)
        found = asked_rows(
            view,
            query,
            panel.name,
            listing.search,
            listing.order,
            first,
            columns=names,
        )
    columns = shown_columns(panel.name, names, found)
    rows = written_out(view, found, panel.name, str(panel.filtered_by), columns)
    by_search = _filtered(view, panel, found) if listing.search and found else None
    return Details(",".join(names), columns, rows, count, number, pages, by_search)


def _filtered(view: View, panel: Panel, found: Sequence[Listed]) -> PageUrl:
    """Of countries, which are stored as codes, those on this page of the list."""
    if panel.filtered_by == "country":
        codes = Filter("country", "==", tuple(one.row.value for one in found))
        return view.url.listed(search="").exchanging("", codes)
    return view.url.containing(str(panel.filtered_by), view.url.listing.search)


def details_csv(view: View, panel: Panel, names: tuple[str, ...] = ()) -> str:
    """All rows that the search keeps, in the order of the list, as CSV. Raises BadQuery.

    Beside them stands what the further columns of these names tell, and what each row was in the
    compared period, if there is one.
    """
    check_columns(panel.name, names)
    listing = view.url.listing
    if panel.filtered_by == "country":
        found = _countries(view, panel.name, names)
    else:
        query = replace(view.query, limit=MOST_IN_A_FILE)
        found = asked_rows(
            view,
            query,
            panel.name,
            listing.search,
            listing.order,
            is_kept=False,
            columns=names,
        )
    columns = file_columns(panel.name, names, found)
    header = [panel.name, "visitors", "pageviews", *(column.name for column in columns)]
    if panel.filtered_by in places.COLUMNS:
        header.insert(1, "country_code")
    if view.goal is not None:
        header += ["conversions", "conversion_rate"]
    if view.before is None:
        return csv_text(header, (_line(one, columns) for one in found))
    rows = view.desk.look(breakdown, replace(view.before, limit=ALL_THERE_ARE), panel.name)
    before = {row.key: (row.visitors, row.pageviews) for row in rows}
    header += ["compared_visitors", "compared_pageviews"]
    nobody = (0, 0)
    return csv_text(
        header, ((*_line(one, columns), *before.get(one.row.key, nobody)) for one in found)
    )


def _line(one: Listed, columns: Sequence[Column]) -> tuple[Any, ...]:
    row = one.row
    names = (row.value, row.country_code) if isinstance(row, PlaceRow) else (row.value,)
    converted = (row.conversions, row.conversion_rate) if isinstance(row, Converted) else ()
    further = (column.cell(one) for column in columns)
    return (*names, row.visitors, row.pageviews, *further, *converted)


def _countries(view: View, dimension: str, names: tuple[str, ...]) -> list[Listed]:
    """All of them, searched and ordered by name: they are stored as codes."""
    query = replace(view.query, limit=MAX_LIMIT)
    order = view.url.listing.order
    by_figure = DEFAULT_ORDER if order in VISITOR_ORDERS else order
    found = asked_rows(view, query, dimension, order=by_figure, columns=names)
    named = [(value_text("country", one.row.value), one) for one in found]
    wanted = view.url.listing.search.casefold()
    kept = [(name, one) for name, one in named if wanted in f"{name.casefold()} {_bare(name)}"]
    if order == "value":
        kept.sort(key=lambda pair: _bare(pair[0]))
    elif order == "pageviews":
        kept.sort(key=lambda pair: -pair[1].row.pageviews)
    return [one for _, one in kept]


def _bare(name: str) -> str:
    """A name without capitals and accents."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
