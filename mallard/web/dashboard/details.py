"""The details view: every value of one dimension, with search, order and pages."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mallard.reports import places
from mallard.reports.breakdown import breakdown, breakdown_count
from mallard.reports.breakdown_rows import DEFAULT_ORDER, BreakdownRow, PlaceRow
from mallard.reports.conversions import ORDERS, Converted
from mallard.reports.export import csv_text
from mallard.reports.filters import Filter
from mallard.reports.parameters import MAX_LIMIT
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

    rows: list[Row]
    count: int
    number: int
    pages: int
    filter: PageUrl | None
    """The view that is filtered by what is searched for, without the search; None for no rows."""


def details(view: View, panel: Panel) -> Details:
    """The page of the list that the view's address names, or the last there is."""
    listing = view.url.listing
    if panel.filtered_by == "country":
        everything = _countries(view, panel.name)
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
        found = asked_rows(view, query, panel.name, listing.search, listing.order, first)
    rows = written_out(view, found, panel.name, str(panel.filtered_by))
    by_search = _filtered(view, panel, found) if listing.search and found else None
    return Details(rows, count, number, pages, by_search)


def _filtered(view: View, panel: Panel, found: Sequence[BreakdownRow]) -> PageUrl:
    """Of countries, which are stored as codes, those on this page of the list."""
    if panel.filtered_by == "country":
        codes = Filter("country", "==", tuple(row.value for row in found))
        return view.url.listed(search="").exchanging("", codes)
    return view.url.containing(str(panel.filtered_by), view.url.listing.search)


def details_csv(view: View, panel: Panel) -> str:
    """All rows that the search keeps, in the order of the list, as CSV.

    Beside them stands what each was in the compared period, if there is one.
    """
    listing = view.url.listing
    if panel.filtered_by == "country":
        found = _countries(view, panel.name)
    else:
        query = replace(view.query, limit=MOST_IN_A_FILE)
        found = asked_rows(view, query, panel.name, listing.search, listing.order, is_kept=False)
    header = [panel.name, "visitors", "pageviews"]
    if panel.filtered_by in places.COLUMNS:
        header.insert(1, "country_code")
    if view.goal is not None:
        header += ["conversions", "conversion_rate"]
    if view.before is None:
        return csv_text(header, map(_line, found))
    rows = view.desk.look(breakdown, replace(view.before, limit=ALL_THERE_ARE), panel.name)
    before = {row.key: (row.visitors, row.pageviews) for row in rows}
    header += ["compared_visitors", "compared_pageviews"]
    return csv_text(header, ((*_line(row), *before.get(row.key, (0, 0))) for row in found))


def _line(row: BreakdownRow) -> tuple[Any, ...]:
    names = (row.value, row.country_code) if isinstance(row, PlaceRow) else (row.value,)
    converted = (row.conversions, row.conversion_rate) if isinstance(row, Converted) else ()
    return (*names, row.visitors, row.pageviews, *converted)


def _countries(view: View, dimension: str) -> Sequence[BreakdownRow]:
    """All of them, searched and ordered by name: they are stored as codes."""
    query = replace(view.query, limit=MAX_LIMIT)
    order = view.url.listing.order
    by_goal = order if order in ORDERS else DEFAULT_ORDER
    rows = asked_rows(view, query, dimension, order=by_goal)
    named = [(value_text("country", row.value), row) for row in rows]
    wanted = view.url.listing.search.casefold()
    kept = [(name, row) for name, row in named if wanted in f"{name.casefold()} {_bare(name)}"]
    if order == "value":
        kept.sort(key=lambda pair: _bare(pair[0]))
    elif order == "pageviews":
        kept.sort(key=lambda pair: -pair[1].pageviews)
    return [row for _, row in kept]


def _bare(name: str) -> str:
    """A name without capitals and accents."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
