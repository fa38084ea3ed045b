"""What events brought in, written out for its panel; None without payments."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from mallard.reports.filters import UNKNOWN
from mallard.reports.parameters import MAX_LIMIT
from mallard.reports.revenue import RevenueRow, revenue, revenue_of
from mallard.web.dashboard.page_url import PageUrl
from mallard.web.dashboard.view import View
from mallard.web.dashboard.wording import Change, change_text, money, value_text


@dataclass(frozen=True, slots=True)
class Payments:
    """The payments of one event in one currency; `url` is the view of this event alone.

    `change` is that of the amount, None unless another period is compared.
    """

    event: str
    count: int
    average: str
    amount: str
    change: Change | None
    url: PageUrl


def payments(view: View) -> list[Payments] | None:
    """The greatest amounts first."""
    found = view.desk.ask(revenue, replace(view.query, limit=MAX_LIMIT))
    before = _before(view, found)
    return [
        Payments(
            event=value_text("event", row.event),
            count=row.payments,
            average=_money(row, row.amount / row.payments),
            amount=_money(row, row.amount),
            change=None if before is None else _change(row, before),
            url=view.url.only("event", row.event),
        )
        for row in found
    ] or None


def _change(row: RevenueRow, before: dict[tuple[str, str], Decimal]) -> Change:
    return change_text(row.amount, before.get(_key(row), Decimal()))


def _before(view: View, found: list[RevenueRow]) -> dict[tuple[str, str], Decimal] | None:
    if view.before is None:
        return None
    rows = view.desk.ask(revenue_of, view.before, tuple(map(_key, found)))
    return {_key(row): row.amount for row in rows}


def _key(row: RevenueRow) -> tuple[str, str]:
    return row.event, row.currency


def _money(row: RevenueRow, amount: Decimal) -> str:
    return money(amount, None if row.currency == UNKNOWN else row.currency)
