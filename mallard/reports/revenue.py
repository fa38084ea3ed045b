"""What events brought in: payments and their amounts, by event and currency."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from mallard.reports import kept
from mallard.reports.conditions import Params
from mallard.reports.filters import UNKNOWN
from mallard.reports.query import ReportQuery
from mallard.reports.scope import day_sql, fetch
from mallard.store.reader import Reader
from mallard.store.rollups.declared import AMOUNT, EACH_DAY, Rollup

OF_EVENTS = """
select
    coalesce(event_name, $unknown) as event,
    coalesce(nullif(upper(revenue_currency), ''), $unknown) as currency,
    count(*) as payments,
    sum(revenue_amount) as amount
from events
where revenue_amount is not null
group by all
"""

OF_LEGS = """
select
    coalesce(event_name, $unknown) as event,
    coalesce(currency, $unknown) as currency,
    count(*) as payments,
    sum(amount) as amount
from found_payments
group by all
"""

REVENUE = Rollup(
    "revenue",
    {"event": "varchar", "currency": "varchar", "payments": "bigint", "amount": AMOUNT},
    day_sql(OF_EVENTS),
    {"unknown": UNKNOWN},
    once_in=EACH_DAY,
    of_kept=kept.day_sql(OF_LEGS),
)

SQL = """
select event, currency, sum(payments)::bigint as payments, sum(amount) as amount
from ({rows})
{keeps}
group by event, currency
having sum(payments) <> 0
order by amount desc, event, currency
{most}
"""
ADDED_UP = f"({OF_EVENTS}) union all by name select {REVENUE.select_list} from rolled"

ARE_THESE = """
semi join (select unnest($events) as event, unnest($currencies) as currency)
using (event, currency)
"""


@dataclass(frozen=True, slots=True)
class RevenueRow:
    """What one kind of event brought in one currency: how many payments, and their sum.

    A refund, an amount below zero, is a payment, too. `(unknown)` stands for no currency.
    """

    event: str
    currency: str
    payments: int
    amount: Decimal


def revenue(reader: Reader, query: ReportQuery) -> list[RevenueRow]:
    """The greatest amounts first, at most `query.limit` of them; amounts are exact."""
    return _fetch(reader, query, "", "limit $limit", limit=query.limit)


def revenue_of(
    reader: Reader, query: ReportQuery, these: tuple[tuple[str, str], ...]
) -> list[RevenueRow]:
    """The rows of exactly these events and currencies; those without payments are left out."""
    if not these:
        return []
    events, currencies = map(list, zip(*these, strict=True))
    return _fetch(reader, query, ARE_THESE, "", events=events, currencies=currencies)


def _fetch(
    reader: Reader, query: ReportQuery, keeps: str, most: str, **bound: object
) -> list[RevenueRow]:
    params: Params = {"unknown": UNKNOWN, **bound}
    sql, of_legs = (SQL.format(rows=rows, keeps=keeps, most=most) for rows in (ADDED_UP, OF_LEGS))
    rows = fetch(reader, query, sql, rollup=REVENUE, of_legs=of_legs, **params)
    return [RevenueRow(*row) for row in rows]
