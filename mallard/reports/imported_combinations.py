"""What imported days say of figures by dimensions: of one, of time, or of both."""

from __future__ import annotations

from mallard.model import PAGEVIEW
from mallard.reports.breakdown import DIMENSIONS as LISTS
from mallard.reports.channels import CHANNEL as CHANNEL_SQL
from mallard.reports.combinations import OF_SESSIONS, PLACES, ByDimensions
from mallard.reports.conditions import Params
from mallard.reports.filters import CHANNEL, EVENT_COLUMNS, SESSION_COLUMNS, UNKNOWN
from mallard.reports.imported import TOTAL, relation
from mallard.reports.known_figures import OF_TOTALS
from mallard.reports.parameters import INTERVALS
from mallard.reports.query import ReportQuery
from mallard.reports.where import IS, AllOf, Compared, Not, Where

HOUR = "hour"
_LIST_OF = {column: name for name, column in LISTS.items()}
OF_VALUES = {
    name: _LIST_OF[column]
    for name, column in {**EVENT_COLUMNS, **SESSION_COLUMNS, CHANNEL: CHANNEL_SQL}.items()
    if name != "hostname"
}
"""Which imported list tells a dimension; hosts have other visitors than their pages together."""

VIEWS = Compared("event", IS, (PAGEVIEW,))
TOLD_ANYWAY: dict[str, Where] = {"page": VIEWS, "event": Not(VIEWS)}
"""Imported pages are those of pageviews, and imported events all others."""

ROWS = """
union all by name
select
    {values}
    sum(visitors)::bigint as visitors,
    coalesce(sum(pageviews), 0)::bigint as pageviews,
    coalesce(sum(events), 0)::bigint as events,
    coalesce(sum(visits), 0)::bigint as visits,
    coalesce(sum(pageviews) filter (where visits is not null), 0)::bigint as views_of_visits,
    coalesce(sum(bounces), 0)::bigint as bounces,
    coalesce(sum(visits) filter (where bounces is not null), 0)::bigint as judged,
    coalesce(sum(duration_secs), 0)::bigint * 1000000 as duration_us,
    coalesce(sum(visits) filter (where duration_secs is not null), 0)::bigint as timed
from ({rows})
{group_values}
"""


def are_told(asked: ByDimensions) -> bool:
    """Whether imported days can be added to what is asked for, each figure of each row."""
    names = set(asked.dimensions)
    values = names - set(INTERVALS)
    if asked.since is not None or HOUR in names or len(names - values) > 1:
        return False
    return _are_all_kept(asked.where, values) and set(asked.metrics) <= _figures_by(values)


def rows_told(query: ReportQuery, asked: ByDimensions, group_values: str) -> tuple[str, Params]:
    """The SQL of the rows that imported days add to those of events, and what it binds."""
    if not query.imported or not are_told(asked):
        return "", {}
    values = [name for name in asked.dimensions if name not in INTERVALS]
    place = next((name for name in values if name in PLACES), None)
    told_by = place or next(iter(values), None)
    rows, bound = relation(query, OF_VALUES[told_by] if told_by else TOTAL)
    columns = "".join(
        f"{_column(dimension, place)} as value_{n}, "
        for n, dimension in enumerate(asked.dimensions)
    )
    bound |= {"not_told": UNKNOWN} if values else {}
    return ROWS.format(values=columns, rows=rows, group_values=group_values), bound


def _are_all_kept(where: Where, values: set[str]) -> bool:
    """Whether a condition holds for all that is imported of these dimensions."""
    parts = where.of if isinstance(where, AllOf) else (where,)
    told = [TOLD_ANYWAY.get(name) for name in values]
    return all(part in told for part in parts)


def _figures_by(values: set[str]) -> set[str]:
    """Which figures are known by some dimensions beside time."""
    if not values:
        return set(OF_TOTALS)
    place = values & set(PLACES)
    alone = place if len(place) == 1 and values - place <= {"country"} else values
    if len(alone) > 1 or not alone <= OF_VALUES.keys():
        return set()
    if alone == {"event"}:
        return {"visitors", "events"}
    return {"visitors", "pageviews"} | (set() if alone == {"page"} else set(OF_SESSIONS))


def _column(dimension: str, place: str | None) -> str:
    if dimension in INTERVALS:
        return f"date_trunc('{dimension}', day::timestamp)"
    column = "country_code" if dimension == "country" and place else "value"
    return f"coalesce({column}, $not_told)"
