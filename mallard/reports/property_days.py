"""The rollup of properties: what a day's events tell of each key and of each of its values."""

from __future__ import annotations

from mallard.reports.filters import UNKNOWN
from mallard.reports.property_values import OBJECT, has_value, values_of
from mallard.reports.scope import day_sql
from mallard.store.rollups.declared import AMOUNT, Rollup

CURRENCY = "coalesce(nullif(upper(revenue_currency), ''), $unknown)"

COUNTED = """
        visitor_id,
        count(*) filter (where event_name = 'pageview') as pageviews,
        count(*) as events
"""

SQL = f"""
, of_visitors as (
    select {COUNTED}
    from deeds
    group by visitor_id
),
with_keys as materialized (
    select
        visitor_id, event_name, revenue_amount, {CURRENCY} as currency,
        each.key as key, {values_of("each.value")} as found
    from deeds, json_each({OBJECT}) as each
    where key <> '' and {has_value("each.value")}
),
of_keys as (
    select key, {COUNTED}
    from with_keys
    group by key, visitor_id
),
of_values as (
    select key, value, {COUNTED}
    from (select key, unnest(found) as value, visitor_id, event_name from with_keys)
    group by key, value, visitor_id
)
select property, value, currency, visitors, pageviews, events, payments, amount
from (
    select
        null as property, null as value, null as currency, count(visitor_id) as visitors,
        sum(pageviews)::bigint as pageviews, sum(events)::bigint as events, 0 as payments,
        null::{AMOUNT} as amount
    from of_visitors
    union all
    select null, null, {CURRENCY}, 0, 0, 0, count(*), sum(revenue_amount)
    from deeds
    where revenue_amount is not null
    group by all
    union all
    select null, key, null, count(visitor_id), sum(pageviews), sum(events), 0, null
    from of_keys
    group by key
    union all
    select
        key, null, null, -count(visitor_id) filter (of_keys.events = of_visitors.events),
        -sum(of_keys.pageviews), -sum(of_keys.events), 0, null
    from of_keys
    join of_visitors using (visitor_id)
    group by key
    union all
    select key, null, currency, 0, 0, 0, -count(*), -sum(revenue_amount)
    from with_keys
    where revenue_amount is not null
    group by key, currency
    union all
    select key, value, null, count(visitor_id), sum(pageviews), sum(events), 0, null
    from of_values
    group by key, value
    union all
    select key, value, currency, 0, 0, 0, count(*), sum(revenue_amount)
    from (
        select key, unnest(found) as value, currency, revenue_amount
        from with_keys
        where revenue_amount is not null
    )
    group by key, value, currency
)
"""
"""Of each property the rows of its values, and one without a value, which takes away who has one.

It takes them from all there are, which are a row of no property and no value: so whoever has none
is told of on days, too, on which nobody knew of the property. Rows of no property, but with a
value, tell of the keys. What was paid stands in rows of its own, one for each currency.
"""

PROPERTIES = Rollup(
    "properties",
    {
        "property": "varchar",
        "value": "varchar",
        "currency": "varchar",
        **dict.fromkeys(("visitors", "pageviews", "events", "payments"), "bigint"),
        "amount": AMOUNT,
    },
    day_sql(SQL),
    {"unknown": UNKNOWN},
    section="property",
)
"""It has no corrections: where somebody returns on another day, the events are read."""
