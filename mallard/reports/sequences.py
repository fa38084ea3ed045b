"""How many visitors did some things in order, however long it took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mallard.reports import steps as step_sql
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
    ((converting, total),) = fetch(reader, query, _sql(steps), **step_sql.bound(steps))
    return SequenceFigures(converting, total, converting / total if total else 0.0)


def _sql(steps: Sequence[Step]) -> str:
    """One pass: when the first step could be taken at the earliest, the last at the latest.

    Between the two, each step is taken at its earliest time after the step before.
    """
    first, *middle, last = step_sql.conditions(steps)
    times = "".join(
        f", list(timestamp) filter (where {test}) as times_{n}" for n, test in enumerate(middle)
    )
    taken_at = "first_at"
    for n in range(len(middle)):
        taken_at = f"list_min(list_filter(times_{n}, lambda t{n}: t{n} > {taken_at}))"
    return f"""
    select count(*) filter (where last_at > {taken_at}), count(*)
    from (
        select
            min(timestamp) filter (where {first}) as first_at,
            max(timestamp) filter (where {last}) as last_at{times}
        from session_events
        group by visitor_id
    )
    """
