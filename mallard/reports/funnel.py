"""How many visitors take the steps of a funnel, in order and within a time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from mallard.reports import steps as step_sql
from mallard.reports.arguments import Args, BadQuery, Text
from mallard.reports.happened import WAYS, Happened
from mallard.reports.query import ReportQuery
from mallard.reports.scope import fetch
from mallard.reports.steps import Step, steps_from_args
from mallard.store.reader import Reader
from mallard.texts.said import said

DEFAULT_WINDOW = "1 day"
MAX_WINDOW = timedelta(days=366)
_UNITS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_WINDOW = re.compile(rf"([0-9]{{1,9}}) +({'|'.join(_UNITS)})s?", re.IGNORECASE)

_ANY_CASE = "|".join(f"[{unit[0].upper()}{unit[0]}]{unit[1:]}" for unit in _UNITS)
WINDOW = Text(
    "window",
    "How long after the first step the last may come.",
    "30 minutes",
    bounds={"pattern": f"^[0-9]{{1,9}} +({_ANY_CASE})s?$", "default": DEFAULT_WINDOW},
)
STOPPED = Text(
    "stopped",
    "Only visitors who got to the step of this number, from 1 on, and not to the one after it; with"
    " the `steps` of a funnel and its `window`.",
    "1",
    bounds={"pattern": "^([1-9]|1[0-9])$"},
)


FUNNEL = Text(
    "funnel", "The name of one of the site's funnels, which stands for its steps and window.", "Buy"
)


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """The visitors who reached a step or a later one.

    `conversion_rate` is their share of those who entered at step 1; `dropped` were lost since the
    step before.
    """

    step: int
    visitors: int
    label: str
    conversion_rate: float
    dropped: int


def window_from_args(args: Args) -> timedelta:
    """The `window` argument, `N unit` from seconds to weeks. Raises BadQuery."""
    match = _WINDOW.fullmatch((WINDOW.of(args) or DEFAULT_WINDOW).strip())
    window = int(match[1]) * _UNITS[match[2].lower()] if match else timedelta(0)
    if not timedelta(0) < window <= MAX_WINDOW:
        raise BadQuery(
            said(
                "window must be a number and a unit from second to week, such as 30 minutes,"
                " and at most %(most)s days",
                most=MAX_WINDOW.days,
            )
        )
    return window


def funnel(
    reader: Reader, query: ReportQuery, steps: Sequence[Step], window: timedelta
) -> list[FunnelRow]:
    """A row for each step: the visitors whose best chain of events reached it.

    A chain begins at an event of step 1. Each later step is on a later event within `window` of
    that beginning, inclusive, or on the same event as the step before it, unless that is step 1.
    """
    window_us = window // timedelta(microseconds=1)
    bound: dict[str, Any] = {"window_us": window_us, **step_sql.bound(steps)}
    sql, of_legs = (_sql(steps, events) for events in WAYS)
    ((*counts,),) = fetch(reader, query, sql, of_legs=of_legs, **bound)
    return [
        FunnelRow(
            step=number,
            visitors=count,
            label=str(step),
            conversion_rate=count / counts[0] if counts[0] else 0.0,
            dropped=counts[number - 2] - count if number > 1 else 0,
        )
        for number, (step, count) in enumerate(zip(steps, counts, strict=True), start=1)
    ]


@dataclass(frozen=True, slots=True)
class Lost:
    """Visitors of a funnel who reached a step, its `number` from 1, and not the one after it."""

    steps: tuple[Step, ...]
    window: timedelta
    number: int

    def sql(self, events: Happened) -> str:
        """The relation `lost` of their ids, to stand in front of a report's SQL."""
        steps, number = self.steps[: self.number + 1], self.number
        reached = (
            "step_events where is_1" if number == 1 else f"chains where begun_{number} is not null"
        )
        return f"""{_entered(steps, events)},
        chains as materialized (select * from {_chains(len(steps))}),
        lost as (
            select visitor_id from {reached}
            except
            select visitor_id from chains where begun_{number + 1} is not null
        )
        """

    @property
    def bound(self) -> dict[str, Any]:
        """What its SQL binds."""
        steps = self.steps[: self.number + 1]
        return {"window_us": self.window // timedelta(microseconds=1), **step_sql.bound(steps)}


def lost_from_args(args: Args) -> Lost | None:
    """Those whom the funnel of the arguments lost at the step `stopped`, if that is asked for.

    Raises BadQuery.
    """
    stopped = STOPPED.of(args)
    steps = steps_from_args(args, least=0 if stopped is None else 2)
    window = window_from_args(args)
    if stopped is None:
        return None
    numbers = {str(number): number for number in range(1, len(steps))}
    if stopped not in numbers:
        raise BadQuery(
            said("stopped must be the number of a step of the funnel that another follows")
        )
    return Lost(steps, window, numbers[stopped])


def _sql(steps: Sequence[Step], events: Happened) -> str:
    """The count of each step, in one row."""
    further = ", ".join(
        f"count(distinct visitor_no) filter (where begun_{n} is not null)"
        for n in range(2, len(steps) + 1)
    )
    return f"""{_entered(steps, events)}
    select *
    from (select count(*) from entered)
    {f", (select {further} from {_chains(len(steps))})" if further else ""}
    where $window_us > 0
    """


def _entered(steps: Sequence[Step], events: Happened) -> str:
    """The events that are of any step, and who entered; with an id, who may have got further."""
    matches = step_sql.conditions(steps, events.are_decoded)
    flags = ", ".join(f"{test} as is_{n}" for n, test in enumerate(matches, start=1))
    return f"""
    , step_events as materialized (
        select visitor_id, epoch_us(timestamp) as at_us, {flags}
        from {events.relation}
        where {" or ".join(matches)}
    ),
    entered as materialized (
        select case when last_2 > first_1 then visitor_id end as further_id
        from (
            select
                visitor_id,
                min(at_us) filter (where is_1) as first_1,
                max(at_us) filter (where {"is_2" if len(steps) > 1 else "false"}) as last_2
            from step_events
            group by visitor_id
            having first_1 is not null
        )
    )"""


def _chains(steps: int) -> str:
    """The matching events of those who may get further, and which steps their chains reach there.

    `begun_k` of an event: the latest beginning of a chain whose step k is on this event. The latest
    one is the best one, since the window is measured from it. One pass for each step.
    """
    relation = """(
        select *, case when is_1 then at_us end as begun_1
        from step_events
        join (
            select further_id, row_number() over () as visitor_no
            from entered
            where further_id is not null
        ) on visitor_id = further_id
    )"""
    for n in range(2, steps + 1):
        end = "1 preceding" if n == 2 else "current row"
        relation = f"""(
            select *, case when is_{n} and at_us - latest_{n} <= $window_us then latest_{n} end
                as begun_{n}
            from (
                select *, max(begun_{n - 1}) over (
                    partition by visitor_no order by at_us
                    rows between unbounded preceding and {end}
                ) as latest_{n}
                from {relation}
            )
        )"""
    return relation
