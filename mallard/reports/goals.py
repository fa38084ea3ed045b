"""What visitors are wanted to do: how many did it, how often, and what that brought in.

A goal is reached within the sessions that the filters keep, wherever in them: who came by an email
and signed up on another page has signed up. So a rate is that of all visitors with such a session.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mallard.reports.arguments import Text
from mallard.reports.conditions import Params, named
from mallard.reports.filters import UNKNOWN
from mallard.reports.goal import Goal, condition
from mallard.reports.happened import COUNT_VISITORS
from mallard.reports.money import Amount
from mallard.reports.query import ReportQuery
from mallard.reports.scope import fetch
from mallard.reports.sums import ratio
from mallard.store.reader import Reader

GOAL = Text(
    "goal",
    "The name of one of the site's goals. `conversions` says how often it was reached, and"
    " `conversion_rate` by which share of the visitors.",
    "Sign-up",
)

EVERYONE = 0
"""Stands in the place of a goal's number, which are counted from 1."""

SQL = """
select goal, currency, visitors, conversions, amount
from (
    with reached as (
        select visitor_id, revenue_amount, revenue_currency, unnest({numbers}) as goal
        from session_events
        where {any_is_reached}
    )
    select
        $everyone as goal, null as currency, count(distinct visitor_id) as visitors,
        0 as conversions, null as amount
    from session_events
    union all
    select goal, null, count(distinct visitor_id), count(*), null
    from reached
    group by goal
    union all
    select
        goal, coalesce(nullif(upper(revenue_currency), ''), $unknown) as currency, 0, 0,
        sum(revenue_amount)
    from reached
    where revenue_amount is not null
    group by goal, currency
)
order by goal, amount desc nulls first, currency
"""

OF_LEGS = f"""
select goal, currency, visitors, conversions, amount
from (
    with reached as (
        select
            visitor_id, times, revenue_amount, revenue_currency, is_paid,
            unnest({{numbers}}) as goal
        from acts
        where {{any_is_reached}}
    )
    select
        $everyone as goal, null as currency, {COUNT_VISITORS} as visitors,
        0 as conversions, null as amount
    from kept_legs
    union all
    select goal, null, count(distinct visitor_id), sum(times)::bigint, null
    from reached
    where is_paid = (goal in ({{of_money}}))
    group by goal
    union all
    select goal, coalesce(revenue_currency, $unknown) as currency, 0, 0, sum(revenue_amount)
    from reached
    where is_paid
    group by goal, currency
)
order by goal, amount desc nulls first, currency
"""
"""What was paid is there once more, for itself; of goals that ask for money, just this counts."""


@dataclass(frozen=True, slots=True)
class GoalRow:
    """Who reached a goal, and how often.

    `conversion_rate` is the share of all visitors under the same filters, a fraction of 1.
    """

    goal: str
    visitors: int
    conversions: int
    conversion_rate: float
    revenue: list[Amount]


def goals(reader: Reader, query: ReportQuery, wanted: tuple[Goal, ...]) -> list[GoalRow]:
    """A row for each goal, in their order; the greatest amounts first."""
    if not wanted:
        return []
    params: Params = {}
    tests = [condition(goal, named(params, "goal")) for goal in wanted]
    params |= {"everyone": EVERYONE, "unknown": UNKNOWN}
    of_legs = "" if any(goal.props for goal in wanted) else _sql(OF_LEGS, wanted, tests)
    rows = fetch(reader, query, _sql(SQL, wanted, tests), of_legs=of_legs, **params)
    everyone = next(visitors for goal, _, visitors, *_ in rows if goal == EVERYONE)
    found = {goal: (visitors, times) for goal, currency, visitors, times, _ in rows if not currency}
    revenue: dict[int, list[Amount]] = {}
    for goal, currency, _, _, amount in rows:
        if currency:
            revenue.setdefault(goal, []).append(Amount(currency, amount))
    return [
        GoalRow(goal.name, visitors, times, ratio(visitors, everyone), revenue.get(number, []))
        for number, goal in enumerate(wanted, start=1)
        for visitors, times in [found.get(number, (0, 0))]
    ]


def _sql(sql: str, wanted: Sequence[Goal], tests: Sequence[str]) -> str:
    numbers = ", ".join(f"case when {test} then {n} end" for n, test in enumerate(tests, start=1))
    of_money = [str(n) for n, goal in enumerate(wanted, start=1) if goal.money]
    return sql.format(
        numbers=f"list_filter([{numbers}], lambda each: each is not null)",
        any_is_reached=" or ".join(f"({test})" for test in tests),
        of_money=", ".join([str(EVERYONE), *of_money]),
    )
