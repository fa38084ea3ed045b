"""How quick pages are: the 75th percentiles of what they have measured, by page, device or country.

They are exact, and measured ones: the smallest value that at least three of four loads did not
exceed, which is how Google assesses pages (https://web.dev/articles/vitals).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mallard.model import VITALS
from mallard.reports.arguments import Choice
from mallard.reports.conditions import Params, all_of, sql_of
from mallard.reports.decoding import decoded_sql
from mallard.reports.filters import UNKNOWN
from mallard.reports.query import ReportQuery
from mallard.reports.scope import fetch
from mallard.store.reader import Reader

ALL = "all"
COLUMNS = {
    "page": decoded_sql("pathname"),
    "device": "device_type",
    "country": "country_code",
    ALL: f"'{ALL}'",
}
BY = Choice(
    "by",
    "What rows are told apart by; `all` is one row.",
    "page",
    choices=tuple(COLUMNS),
    default="page",
)

BOUND = re.compile(r"\$(filter_\d+)")
MEASURES = ("lcp", "inp", "cls", "fcp", "ttfb")
_MEASURED = """
quantile_disc(
    case when json_valid(props) then try_cast(json_extract_string(props, '$.{name}') as double) end,
    0.75
) as {name}
"""

SQL = """
select {value} as value, count(*) as loads, {measures}
from session_events
where event_name = '{vitals}' and {is_there}
group by value
order by loads desc, value
limit $limit
"""


@dataclass(frozen=True, slots=True)
class VitalsRow:
    """The 75th percentiles of the loads that were measured: milliseconds, and `cls` a score.

    None where no load has told one.
    """

    value: str
    loads: int
    lcp: float | None
    inp: float | None
    cls: float | None
    fcp: float | None
    ttfb: float | None


def vitals(reader: Reader, query: ReportQuery, dimension: str) -> list[VitalsRow]:
    """The rows of a dimension, those of the most loads first, at most `query.limit` of them.

    They are of the sessions that the filters keep, and of the pages and hosts that these name.
    """
    params: Params = {}
    tests = [sql_of(one, params) for one in query.filters if one.is_of_place]
    # What filters bind has names of its own in what leads to these events.
    places = [BOUND.sub(r"$place_\1", test) for test in tests]
    bound = {f"place_{name}": value for name, value in params.items()}
    sql = SQL.format(
        value=f"coalesce({COLUMNS[dimension]}, $unknown)",
        measures=", ".join(_MEASURED.format(name=name) for name in MEASURES),
        vitals=VITALS,
        is_there=all_of(places),
    )
    rows = fetch(reader, query, sql, unknown=UNKNOWN, limit=query.limit, **bound)
    return [VitalsRow(*row) for row in rows]
