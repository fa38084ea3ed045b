"""The properties that events came with: which there are, and for one the rows of its values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from mallard.reports.arguments import RequiredText
from mallard.reports.conditions import Params
from mallard.reports.filters import PROP, UNKNOWN
from mallard.reports.json_pointer import pointer
from mallard.reports.property_days import CURRENCY, PROPERTIES
from mallard.reports.property_values import OBJECT, has_value, values_sql
from mallard.reports.query import ReportQuery
from mallard.reports.scope import fetch
from mallard.store.reader import Reader, Row
from mallard.store.rollups.declared import AMOUNT

PROPERTY = RequiredText(
    "property",
    "The key of a property. It may hold anything; what means something else in an address is"
    " percent-encoded.",
    "plan",
    bounds={"minLength": 1},
)

KEYS = f"""
select key, count(visitor_id) as visitors, sum(events)::bigint as events
from (
    select each.key as key, visitor_id, count(*) as events
    from deeds, json_each({OBJECT}) as each
    where key <> '' and {has_value("each.value")}
    group by all
)
group by key
"""
"""A key without a name is none: nothing could ask for it."""

VALUES = f"""
select
    value, null as currency, count(visitor_id) as visitors, sum(pageviews)::bigint as pageviews,
    sum(events)::bigint as events, 0 as payments, null::{AMOUNT} as amount
from (
    select
        value,
        visitor_id,
        count(*) filter (where event_name = 'pageview') as pageviews,
        count(*) as events
    from (select visitor_id, event_name, unnest({{values}}) as value from deeds)
    group by all
)
group by value
union all
select value, {CURRENCY}, 0, 0, 0, count(*), sum(revenue_amount)
from (
    select revenue_amount, revenue_currency, unnest({{values}}) as value
    from deeds
    where revenue_amount is not null
)
group by all
"""
"""Of each value a row without a currency, and one for each currency in which it brought something.

An event counts once for each of its values.
"""

ALL_KEYS = f"""
select key, sum(visitors)::bigint as visitors, sum(events)::bigint as events
from (
    ({KEYS})
    union all
    select value, visitors, events from rolled where property is null and value is not null
)
{{keeps}}
group by key
order by visitors desc, events desc, key
{{limit}}
"""

ROWS = """
select
    value,
    sum(visitors)::bigint as visitors,
    sum(pageviews)::bigint as pageviews,
    sum(events)::bigint as events,
    coalesce(
        list({{'currency': currency, 'amount': amount}} order by amount desc, currency)
            filter (where payments <> 0),
        []
    ) as revenue
from (
    select
        value, currency, sum(visitors) as visitors, sum(pageviews) as pageviews,
        sum(events) as events, sum(payments) as payments, sum(amount) as amount
    from (
        ({of_events})
        union all
        select coalesce(value, $unknown), currency, visitors, pageviews, events, payments, amount
        from rolled
        where property = $key or (property is null and value is null)
    )
    group by value, currency
)
group by value
having sum(events) <> 0
"""


@dataclass(frozen=True, slots=True)
class PropertyKey:
    """A property: how many events have a value of it, and of how many visitors they are."""

    key: str
    visitors: int
    events: int


def properties(reader: Reader, query: ReportQuery) -> list[PropertyKey]:
    """The properties of the most visitors first, at most `query.limit` of them."""
    return _keys(reader, query, "", "limit $limit", limit=query.limit)


def properties_of(reader: Reader, query: ReportQuery, keys: tuple[str, ...]) -> list[PropertyKey]:
    """The rows with exactly these keys; those without events are left out."""
    return _keys(reader, query, "where list_contains($keys, key)", "", keys=list(keys))


def _keys(
    reader: Reader, query: ReportQuery, keeps: str, most: str, **bound: Any
) -> list[PropertyKey]:
    sql = ALL_KEYS.format(keeps=keeps, limit=most)
    return [PropertyKey(*row) for row in fetch(reader, query, sql, rollup=PROPERTIES, **bound)]


def is_property(dimension: str) -> bool:
    """Whether what is broken down by is a property, such as `prop:plan`."""
    return dimension.startswith(PROP)


def fetch_values(
    reader: Reader, query: ReportQuery, dimension: str, columns: str, rest: str, bound: Params
) -> list[Row]:
    """Columns of the rows of a property's values, of which the rest of the SQL keeps some."""
    key = dimension.removeprefix(PROP)
    rows = ROWS.format(of_events=VALUES.format(values=values_sql("$property")))
    sql = f"select {columns} from ({rows}) {rest}"
    own: Params = {"unknown": UNKNOWN, "property": pointer(key), "key": key}
    return fetch(reader, query, sql, rollup=replace(PROPERTIES, only=key), **own, **bound)
