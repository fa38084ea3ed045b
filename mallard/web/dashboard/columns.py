"""The further columns of a list: what they are called, and how their figures are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mallard.reports.breakdown_rows import PropertyRow
from mallard.reports.columns import (
    ENGAGEMENT,
    OF_DIMENSIONS,
    OF_ENGAGEMENT,
    can_be_told,
    names_of,
)
from mallard.reports.filters import UNKNOWN
from mallard.reports.listed import Listed
from mallard.reports.money import Amount
from mallard.reports.properties import is_property
from mallard.texts.catalogue import N_, _
from mallard.web.dashboard.headlines import engaged_figures
from mallard.web.dashboard.view import View
from mallard.web.dashboard.wording import duration, grouped, money, percent, rate

Cell = str | int | float | Decimal | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title, its figures as people read them, and as a file has them."""

    name: str
    title: str
    text: Callable[[Listed], str]
    cell: Callable[[Listed], Cell]
    is_sortable: bool = True


NOT_TOLD = "\N{EN DASH}"
"""A page that nobody told of was not looked at for no time: it is not known for how long."""

FORMS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "bounce_rate": (N_("Bounce rate"), rate),
    "avg_visit_duration_secs": (N_("Duration"), duration),
    "entrances": (N_("Entrances"), grouped),
    "exit_rate": (N_("Exit rate"), rate),
    "events": (N_("Events"), grouped),
    "avg_engaged_secs": (N_("Time on page"), lambda secs: duration(secs) if secs else NOT_TOLD),
    "avg_scroll_depth": (N_("Scroll depth"), lambda depth: percent(depth) if depth else NOT_TOLD),
}


def columns_of(view: View, dimension: str) -> tuple[str, ...]:
    """The names of what is asked for beside the rows of a dimension.

    How pages were looked at is where any has told it, or where the address puts them in its order.
    """
    known = OF_DIMENSIONS.get(dimension, ())
    if ENGAGEMENT not in can_be_told(dimension):
        return known
    is_told = view.url.listing.order in OF_ENGAGEMENT or engaged_figures(view, view.query)
    return (*known, ENGAGEMENT) if is_told else known


def shown_columns(dimension: str, names: Sequence[str], found: Sequence[Listed]) -> list[Column]:
    """The columns of a list of these rows, which have those of these names.

    The values of a property have their own; that of amounts only where there is one.
    """
    if not is_property(dimension):
        return [_told(name) for name in names_of(names)]
    title, text = FORMS["events"]
    columns = [Column("events", _(title), lambda one: text(_events(one)), _events)]
    if any(_revenue(one) for one in found):
        columns.append(Column("revenue", _("Amount"), _amounts, lambda _: None, is_sortable=False))
    return columns


def file_columns(dimension: str, names: Sequence[str], found: Sequence[Listed]) -> list[Column]:
    """The same for a file, in which every currency is a column of its own."""
    currencies = sorted({one.currency for row in found for one in _revenue(row)})
    plain = [column for column in shown_columns(dimension, names, found) if column.is_sortable]
    return plain + [_in(currency) for currency in currencies]


def _told(name: str) -> Column:
    title, text = FORMS[name]
    return Column(name, _(title), lambda one: text(one.more[name]), lambda one: one.more[name])


def _in(currency: str) -> Column:
    def amount(one: Listed) -> Decimal | None:
        return next((a.amount for a in _revenue(one) if a.currency == currency), None)

    return Column(f"revenue_{currency}", currency, _amounts, amount, is_sortable=False)


def _events(one: Listed) -> int:
    return one.row.events if isinstance(one.row, PropertyRow) else 0


def _revenue(one: Listed) -> Sequence[Amount]:
    return one.row.revenue if isinstance(one.row, PropertyRow) else ()


def _amounts(one: Listed) -> str:
    return ", ".join(
        money(amount.amount, None if amount.currency == UNKNOWN else amount.currency)
        for amount in _revenue(one)
    )
