"""Single events of the sessions that filters keep, as reports find them in either way.

    happened        all of these sessions' events: visitor_id, timestamp, event_name, pathname
    found_events    those among them that filters ask for
    found_payments  of these the ones with an amount: event_name, currency, amount
    acts            what happened, of these `times`, and once more, if it `is_paid`, each event with
                    an amount; of kept legs alone

The names are the same among the events themselves and of kept legs, which are much quicker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mallard.model import ENGAGEMENT
from mallard.reports.decoding import decoded_sql


@dataclass(frozen=True, slots=True)
class Happened:
    """A relation of such events; the paths of some `are_decoded`."""

    relation: str
    are_decoded: bool
    visitors: str = ""
    """The SQL of how many visitors there are, where that is known without a look at each event."""

    @property
    def path(self) -> str:
        """The SQL of an event's path, as people read it."""
        return "pathname" if self.are_decoded else decoded_sql("pathname")


COUNT_VISITORS = """
count(visitor) filter (where is_only) + count(distinct visitor) filter (where not is_only)
"""
VISITORS = f"""
(
    select {COUNT_VISITORS} + coalesce(bool_or(visitor is null), false)::integer
    from kept_legs
)"""

WAYS = (
    Happened("session_events", are_decoded=False),
    Happened("happened", are_decoded=True, visitors=VISITORS),
)
"""The events themselves, and those of kept legs."""

KEPT_LEGS = "kept_legs as not materialized (from {source})"

HAPPENED = """
happened as not materialized (
    select
        visitor as visitor_id, unnest(moments) as timestamp,
        'pageview' as event_name, each.pathname as pathname, hostname
    from (
        select visitor, hostname, unnest(pages) as each, unnest(viewed_at) as moments
        from kept_legs
    )
    union all
    select
        visitor as visitor_id, unnest(moments) as timestamp,
        each.event_name as event_name, each.pathname as pathname, hostname
    from (
        select visitor, hostname, unnest(others) as each, unnest(done_at) as moments
        from kept_legs
    )
    union all
    select
        visitor as visitor_id, unnest(told_at) as timestamp,
        '{silent}' as event_name, null as pathname, hostname
    from kept_legs
)"""
"""Of what pages tell of themselves it is known when it was."""

FOUND_EVENTS = "found_events as not materialized (from happened where {matches})"

PAYMENTS = """
{name} as not materialized (
    select
        hostname, each.event_name as event_name, each.pathname as pathname,
        each.currency as currency, each.amount as amount
    from (select hostname, unnest({listed}) as each from kept_legs)
    where each.amount is not null
)"""
"""Those of a list of events that each leg has."""
PAID = PAYMENTS.format(name="paid_for", listed="paid")
FOUND_PAYMENTS = "found_payments as not materialized (from paid_for where {matches})"

ACTS = """
acts as not materialized (
    select
        visitor as visitor_id, 'pageview' as event_name, each.pathname as pathname,
        each.views as times, null::decimal(12, 2) as revenue_amount,
        null::varchar as revenue_currency, false as is_paid
    from (select visitor, unnest(pages) as each from kept_legs)
    where each.views > 0
    union all
    select visitor, each.event_name, each.pathname, each.times, null, null, false
    from (select visitor, unnest(others) as each from kept_legs)
    union all
    select visitor, each.event_name, each.pathname, 1, each.amount, each.currency, true
    from (select visitor, unnest(paid) as each from kept_legs)
)"""


def found_where(matches: str) -> list[str]:
    """The relations of what is found where the SQL of what filters ask of an event holds."""
    return [FOUND_EVENTS.format(matches=matches), FOUND_PAYMENTS.format(matches=matches)]


def relations_of(source: str, found: Sequence[str]) -> list[str]:
    """The relations of a source of legs, with those of what is found."""
    return [
        KEPT_LEGS.format(source=source),
        HAPPENED.format(silent=ENGAGEMENT),
        PAID,
        *found,
        ACTS,
    ]
