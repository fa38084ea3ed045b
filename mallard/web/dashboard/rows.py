"""The rows of a breakdown, written out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mallard.charts.bars import bar_widths
from mallard.reports.breakdown import BreakdownRow, breakdown, breakdown_of
from mallard.reports.totals import totals
from mallard.web.dashboard.page_url import PageUrl
from mallard.web.dashboard.view import View
from mallard.web.dashboard.wording import Change, change_text, value_text


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


def busiest_rows(view: View, dimension: str, filtered_by: str, limit: int) -> list[Row]:
    """The busiest values of a dimension, with their share of all visitors."""
    found = view.desk.ask(breakdown, replace(view.query, limit=limit), dimension)
    return written_out(view, found, dimension, filtered_by)


def written_out(
    view: View, found: Sequence[BreakdownRow], dimension: str, filtered_by: str
) -> list[Row]:
    """Rows beside those of the compared period; a click leads to the site's page."""
    everyone = view.desk.ask(totals, view.query).unique_visitors
    before = _visitors_before(view, found, dimension)
    home = view.url.at("/")
    return [
        Row(
            text=value_text(filtered_by, row.value),
            value=row.value,
            visitors=row.visitors,
            pageviews=row.pageviews,
            share=row.visitors / everyone if everyone else 0.0,
            width=width,
            change=None if before is None else change_text(row.visitors, before.get(row.value, 0)),
            url=home.only(filtered_by, row.value),
        )
        for row, width in zip(found, bar_widths([r.visitors for r in found]), strict=True)
    ]


def _visitors_before(
    view: View, found: Sequence[BreakdownRow], dimension: str
) -> dict[str, int] | None:
    if view.before is None:
        return None
    values = tuple(row.value for row in found)
    rows = view.desk.ask(breakdown_of, view.before, dimension, values)
    return {row.value: row.visitors for row in rows}
