"""How many visitors did some things in order, however long it took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mallard.reports import steps as step_sql
from mallard.reports.happened import WAYS, Happened
from mallard.reports.query import ReportQuery
from mallard.reports.scope import fetch
from mallard.reports.steps import Step
from mallard.store.reader import Reader


@dataclass(frozen=True, slots=True)
class SequenceFigures:
    """Visitors who took all steps in order, of all visitors; the rate is a fraction of 1."""

    converting_visitors: int
    total_visitors: int
    conversion_rate: float


def sequences(reader: Reader, query: ReportQuery, steps: Sequence[Step]) -> SequenceFigures:
    """The visitors with the steps in order, each on an event later than the one before."""
    sql, of_legs = (_sql(steps, events) for events in WAYS)
    bound = step_sql.bound(steps)
    ((converting, total),) = fetch(reader, query, sql, of_legs=of_legs, **bound)
    return SequenceFigures(converting, total, converting / total if total else 0.0)


def _sql(steps: Sequence[Step], events: Happened) -> str:
    """One pass: when the first step could be taken at the earliest, the last at the latest.

    Between the two, each step is taken at its earliest time after the step before.
    """
    tests = step_sql.conditions(steps, events.are_decoded)
    first, *middle, last = tests
    times = "".join(
        f", list(timestamp) filter (where {test}) as times_{n}" for n, test in enumerate(middle)
    )
    taken_at = "first_at"
    for n in range(len(middle)):
        taken_at = f"list_min(list_filter(times_{n}, lambda t{n}: t{n} > {taken_at}))"
    return f"""
    select count(*) filter (where last_at > {taken_at}), {events.visitors or "count(*)"}
    from (
        select
            min(timestamp) filter (where {first}) as first_at,
            max(timestamp) filter (where {last}) as last_at{times}
        from {events.relation}
        {f"where {' or '.join(tests)}" if events.visitors else ""}
        group by visitor_id
    )
    """
