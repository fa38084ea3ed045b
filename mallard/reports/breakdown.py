"""Visitors and pageviews by the values of one dimension."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from mallard.reports import channels, kept, places
from mallard.reports.arguments import Choice, Text, WholeNumber
from mallard.reports.breakdown_legs import rows_of_legs
from mallard.reports.breakdown_rows import (
    DEFAULT_ORDER,
    ORDERS,
    BreakdownRow,
    in_order,
    order_sql,
    printed_sql,
    rows_of,
)
from mallard.reports.conditions import Params
from mallard.reports.days import FIRST_ASKED
from mallard.reports.decoding import decoded_sql, spellings
from mallard.reports.filters import CHANNEL, UNKNOWN, Filter
from mallard.reports.imported import relation
from mallard.reports.properties import fetch_values, is_property
from mallard.reports.query import ReportQuery
from mallard.reports.scope import EDGES, day_sql, fetch
from mallard.reports.silent import HAPPENED
from mallard.store.reader import Reader, Row
from mallard.store.rollups.declared import Rollup

DIMENSIONS = {
    "pages": "pathname",
    "entry_pages": "entry_page",
    "exit_pages": "exit_page",
    "channels": channels.CHANNEL,
    "sources": "referrer_source",
    "browsers": "browser",
    "os": "os",
    "devices": "device_type",
    "countries": "country_code",
    "regions": "region",
    "cities": "city",
    "hostnames": "hostname",
    "referrers": "referrer",
    "utm_source": "utm_source",
    "utm_medium": "utm_medium",
    "utm_campaign": "utm_campaign",
    "utm_term": "utm_term",
    "utm_content": "utm_content",
    "browser_versions": "browser_version",
    "os_versions": "os_version",
    "screen_sizes": "screen_size",
    "events": "event_name",
}
"""What can be broken down, and the column or SQL of it: of events, or of sessions (EDGES)."""

ON_CARDS = ("pages", "channels", "browsers", "countries", "events")
"""What the page of a site is opened with."""

DIMENSION = Choice("dimension", "What to break down by.", "pages", choices=tuple(DIMENSIONS))
SEARCH = Text(
    "search",
    "Only values whose printed text contains this, ignoring case; pages and hosts in any spelling.",
    "/blog",
)
ORDER = Choice(
    "order",
    "The most visitors first, the most pageviews, or the values in order of their code points.",
    choices=tuple(ORDERS),
    default=DEFAULT_ORDER,
)
OFFSET = WholeNumber(
    "offset",
    "How many rows to leave out at the beginning.",
    least=0,
    most=1_000_000,
    default=0,
)

OF_EVENTS = """
select value, count(visitor_id) as visitors, sum(pageviews)::bigint as pageviews
from (
    select
        coalesce({column}, $unknown) as value,
        visitor_id,
        count(*) filter (where event_name = 'pageview') as pageviews
    from {source}
    group by all
)
group by value
"""
WHAT_HAPPENED = ("pages", "events")
"""The dimensions of what visitors did: what pages tell of themselves has no part in them."""

OF_SESSIONS = """
select value, count(visitor_id) as visitors, sum(pageviews)::bigint as pageviews
from (
    select coalesce({column}, $unknown) as value, visitor_id, sum(pageviews) as pageviews
    from sessions
    group by all
)
group by value
"""

OF_IMPORTED = "select {value}, visitors, coalesce(pageviews, 0) from ({rows})"

ROW = "value, visitors, pageviews"
ROW_OF_PROPERTY = f"{ROW}, events, revenue"
SUMS = "value, sum(visitors)::bigint as visitors, sum(pageviews)::bigint as pageviews"
IS_LEFT = "having sum(visitors) <> 0"
"""What has come to a day may leave a value without anybody: the page is no exit page any more."""

IS_FOUND = "list_bool_or([contains(lower({printed}), lower(each)) for each in $search])"


def breakdown(
    reader: Reader,
    query: ReportQuery,
    dimension: str,
    search: str = "",
    order: str = DEFAULT_ORDER,
    offset: int = 0,
) -> list[BreakdownRow]:
    """The values of a dimension, at most `query.limit` of them after `offset`.

    That is one named in DIMENSIONS, or a property, `prop:KEY`. `search` keeps those whose printed
    text contains it, ignoring case; `order` is one of ORDERS.
    """
    rest, bound = _some(query, dimension, search, order, offset)
    return _rows(reader, query, dimension, rest, bound)


def breakdown_of_legs(
    query: ReportQuery,
    dimension: str,
    search: str = "",
    order: str = DEFAULT_ORDER,
    offset: int = 0,
) -> kept.Question | None:
    """The same as a question to kept legs, beside others; they know no values of properties."""
    if is_property(dimension):
        return None
    rest, bound = _some(query, dimension, search, order, offset)
    sql = f"(select {ROW} from ({_of_legs(dimension, query.filters)}) {rest})"
    read = partial(in_order, DIMENSIONS[dimension], order)
    return kept.Question(sql, tuple(ROW.split(", ")), {"unknown": UNKNOWN, **bound}, read)


def _some(
    query: ReportQuery, dimension: str, search: str, order: str, offset: int
) -> tuple[str, Params]:
    keeps, bound = _search(dimension, search)
    rest = f"where {keeps} {order_sql(column_of(dimension), order)} limit $limit offset $offset"
    return rest, bound | {"limit": query.limit, "offset": offset}


def breakdown_of(
    reader: Reader, query: ReportQuery, dimension: str, keys: tuple[str, ...], search: str = ""
) -> list[BreakdownRow]:
    """The rows with exactly these keys, whatever the limit; those without events are left out.

    `search` leaves out more of them, as in a breakdown.
    """
    if not keys:
        return []
    keeps, bound = _search(dimension, search)
    order = order_sql(column_of(dimension), DEFAULT_ORDER)
    rest = f"where list_contains($keys, value) and {keeps} {order}"
    return _rows(reader, query, dimension, rest, bound | {"keys": list(keys)})


def breakdown_count(reader: Reader, query: ReportQuery, dimension: str, search: str = "") -> int:
    """How many rows `breakdown` has when nothing limits it."""
    keeps, bound = _search(dimension, search)
    ((count,),) = _fetch(reader, query, dimension, "count(*)", f"where {keeps}", bound)
    return int(count)


def _search(dimension: str, text: str) -> tuple[str, Params]:
    """The condition of a search, and what it binds."""
    ways = spellings(column_of(dimension), [text])
    is_found = IS_FOUND.format(printed=printed_sql(column_of(dimension)))
    return (is_found, {"search": ways}) if text else ("true", {})


def column_of(dimension: str) -> str:
    """The column or SQL of a dimension; a property goes by its own name."""
    return dimension if is_property(dimension) else DIMENSIONS[dimension]


def _rows(
    reader: Reader, query: ReportQuery, dimension: str, rest: str, bound: Params
) -> list[BreakdownRow]:
    columns = ROW_OF_PROPERTY if is_property(dimension) else ROW
    found = _fetch(reader, query, dimension, columns, rest, bound)
    return rows_of(column_of(dimension), found)


def _fetch(
    reader: Reader, query: ReportQuery, dimension: str, columns: str, rest: str, bound: Params
) -> list[Row]:
    if is_property(dimension):
        return fetch_values(reader, query, dimension, columns, rest, bound)
    rollup = ROLLUPS[dimension]
    values = f"({_raw(dimension)}) union all select {rollup.select_list} from rolled"
    more, of_imported = _imported(query, dimension)
    values, bound = values + more, {**bound, **of_imported}
    sums = f"select {SUMS} from ({values}) group by value {IS_LEFT}"
    sql = f"select {columns} from ({sums}) {rest}"
    of_legs = f"select {columns} from ({_of_legs(dimension, query.filters)}) {rest}"
    edges = _edges(dimension)
    return fetch(reader, query, sql, edges, rollup, of_legs=of_legs, unknown=UNKNOWN, **bound)


def _imported(query: ReportQuery, dimension: str) -> tuple[str, Params]:
    """The SQL that adds the rows of imported days, and what it binds."""
    if not query.imported:
        return "", {}
    value = "coalesce(value, $unknown)"
    if DIMENSIONS[dimension] in places.COLUMNS:
        value = places.key_sql("value")
    rows, bound = relation(query, dimension)
    return f" union all {OF_IMPORTED.format(value=value, rows=rows)}", bound


def _of_legs(dimension: str, filters: Sequence[Filter]) -> str:
    """The SQL of the rows as kept legs have them."""
    column = CHANNEL if dimension == "channels" else DIMENSIONS[dimension]
    return rows_of_legs(column, filters)


def _raw(dimension: str) -> str:
    """The SQL of the rows as events or sessions have them."""
    template = OF_SESSIONS if _edges(dimension) else OF_EVENTS
    source = "deeds" if dimension in WHAT_HAPPENED else "events"
    return template.format(column=value_sql(dimension), source=source)


def value_sql(dimension: str) -> str:
    """The SQL of what stands for a dimension in an event."""
    column = DIMENSIONS[dimension]
    return places.key_sql(column) if column in places.COLUMNS else decoded_sql(column)


def _edges(dimension: str) -> list[str]:
    column = DIMENSIONS[dimension]
    return [column] if column in EDGES else []


def _rollup(dimension: str) -> Rollup:
    columns = {"value": "varchar", "visitors": "bigint", "pageviews": "bigint"}
    edges = _edges(dimension)
    sql = day_sql(_raw(dimension), edges)
    value = None if edges else f"coalesce({value_sql(dimension)}, $unknown)"
    if dimension in WHAT_HAPPENED:
        value = f"case when {HAPPENED} then {value} end"
    group = FIRST_ASKED if dimension in ON_CARDS else ""
    of_kept = kept.day_sql(_of_legs(dimension, ()))
    params = {"unknown": UNKNOWN}
    return Rollup(f"of_{dimension}", columns, sql, params, value, group=group, of_kept=of_kept)


ROLLUPS = {dimension: _rollup(dimension) for dimension in DIMENSIONS}
