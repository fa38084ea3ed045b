"""The rows of a breakdown, written out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mallard.charts.bars import bar_widths
from mallard.reports.breakdown import breakdown, breakdown_of
from mallard.reports.breakdown_rows import DEFAULT_ORDER, BreakdownRow, PlaceRow
from mallard.reports.conversions import Converted, conversions
from mallard.reports.listed import Listed, check_order, listed
from mallard.reports.patterns import ANYTHING
from mallard.reports.query import ReportQuery
from mallard.web.dashboard.columns import Column, shown_columns
from mallard.web.dashboard.headlines import plain_figures
from mallard.web.dashboard.icons import icon_of, letter_of
from mallard.web.dashboard.page_url import PageUrl
from mallard.web.dashboard.suggestions import goals_there
from mallard.web.dashboard.view import View
from mallard.web.dashboard.wording import Change, change_text, flag, place_text, value_text


@dataclass(frozen=True, slots=True)
class Conversions:
    """How often the goal was reached, and by which share of the row's visitors."""

    times: int
    rate: float


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a breakdown; `url` is the view of this value alone.

    `share` is of all visitors; `change` is None unless another period is compared.
    """

    text: str
    value: str
    visitors: int
    pageviews: int
    share: float
    width: float
    change: Change | None
    url: PageUrl
    converted: Conversions | None = None
    """Where a goal is chosen."""
    flag: str = ""
    icon: str | None = None
    letter: str = ""
    """What stands before it, if anything does: a flag, an icon by its name, or a letter."""
    further: tuple[str, ...] = ()
    """What stands in the columns of this list alone."""
    as_goal: str = ""
    """What becomes a goal by a click: an event, or a page as its pattern; empty for neither."""


def busiest_rows(
    view: View, dimension: str, filtered_by: str, limit: int, names: tuple[str, ...] = ()
) -> list[Row]:
    """The busiest values of a dimension, with their share of all visitors, and further columns."""
    found = asked_rows(view, replace(view.query, limit=limit), dimension, columns=names)
    columns = shown_columns(dimension, names, found) if names else ()
    return written_out(view, found, dimension, filtered_by, columns)


def asked_rows(
    view: View,
    query: ReportQuery,
    dimension: str,
    search: str = "",
    order: str = DEFAULT_ORDER,
    offset: int = 0,
    is_kept: bool = True,
    columns: tuple[str, ...] = (),
) -> list[Listed]:
    """The rows of a breakdown, those with conversions where a goal is chosen. Raises BadQuery.

    What is not `is_kept` is too long to be remembered.
    """
    ask = view.desk.ask if is_kept else view.desk.look
    check_order(dimension, order, view.goal is not None, columns)
    if columns:
        return ask(listed, query, dimension, columns, view.goal, search, order, offset)
    rows: Sequence[BreakdownRow]
    if view.goal is not None:
        rows = ask(conversions, query, dimension, view.goal, search, order, offset)
    else:
        rows = ask(breakdown, query, dimension, search, order, offset)
    return [Listed(row, {}) for row in rows]


def written_out(
    view: View,
    found: Sequence[Listed],
    dimension: str,
    filtered_by: str,
    columns: Sequence[Column] = (),
) -> list[Row]:
    """Rows beside those of the compared period; a click leads to the site's page."""
    everyone = plain_figures(view, view.query).unique_visitors
    rows = [one.row for one in found]
    before = _visitors_before(view, rows, dimension)
    home = view.url.at("/")
    goals = None if view.url.share else goals_there(view.site).get(filtered_by)
    return [
        Row(
            text=_text(filtered_by, row),
            value=row.value,
            visitors=row.visitors,
            pageviews=row.pageviews,
            share=row.visitors / everyone if everyone else 0.0,
            width=width,
            change=None if before is None else change_text(row.visitors, before.get(row.key, 0)),
            url=_only(home, filtered_by, row),
            converted=_converted(row),
            flag=_flag(filtered_by, row),
            icon=icon_of(filtered_by, row.value),
            letter=letter_of(filtered_by, row.value),
            further=tuple(column.text(one) for column in columns),
            as_goal="" if goals is None or row.value in goals else _as_goal(filtered_by, row),
        )
        for one, row, width in zip(found, rows, bar_widths([r.visitors for r in rows]), strict=True)
    ]


def _text(filtered_by: str, row: BreakdownRow) -> str:
    text = value_text(filtered_by, row.value)
    return place_text(text, row.country_code) if isinstance(row, PlaceRow) else text


def _flag(filtered_by: str, row: BreakdownRow) -> str:
    if isinstance(row, PlaceRow):
        return flag(row.country_code)
    return flag(row.value) if filtered_by == "country" else ""


def _as_goal(filtered_by: str, row: BreakdownRow) -> str:
    # This very page is meant, whatever its path has in it.
    return row.value.replace(ANYTHING, "%2A") if filtered_by == "page" else row.value


def _only(home: PageUrl, filtered_by: str, row: BreakdownRow) -> PageUrl:
    if isinstance(row, PlaceRow):
        home = home.only("country", row.country_code)
    return home.only(filtered_by, row.value)


def _converted(row: BreakdownRow) -> Conversions | None:
    if not isinstance(row, Converted):
        return None
    return Conversions(row.conversions, row.conversion_rate)


def _visitors_before(
    view: View, found: Sequence[BreakdownRow], dimension: str
) -> dict[str, int] | None:
    if view.before is None:
        return None
    keys = tuple(row.key for row in found)
    rows = view.desk.ask(breakdown_of, view.before, dimension, keys)
    return {row.key: row.visitors for row in rows}
