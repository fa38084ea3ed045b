"""What legs do not know: which of their events have some property. These events are looked up.

One look at all events of the period finds those that filters ask for, or, where events without any
property are asked for, too, those that they do not, which are fewer. Of each visitor they are a
list, out of which a leg takes its own by the time: `looked_up`. So it knows `own_pages` and
`own_others`, that is what of its `pages` and `others` is asked for.

Legs of one session may meet in one moment. What happened then is of the leg with the same values,
and of several such of one alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mallard.reports.conditions import all_of, on_other, on_page
from mallard.reports.decoding import decoded_sql
from mallard.reports.filters import Filter
from mallard.reports.happened import PAYMENTS
from mallard.reports.legs import HASHED_VISITOR, VALUES
from mallard.reports.silent import HAPPENED

SEVERAL_LOOKED_INTO = "several_looked_into"
LOOKED_UP = "looked_up"

COMBINATION = f"hash({', '.join(VALUES)})"

SEVERAL = f"""
several as materialized (
    select
        *,
        coalesce(lag(ended_at) over one_visitor = started_at, false) as does_meet,
        max(ended_at) over (
            partition by visitor, combination
            order by started_at, ended_at
            rows between unbounded preceding and 1 preceding
        ) as taken_until
    from (select *, {COMBINATION} as combination from legs where not is_alone)
    window one_visitor as (partition by visitor order by started_at, ended_at)
)"""
"""The few legs that are not a whole session each."""

MET = "met as materialized (select visitor, started_at as met_at from several where does_meet)"

EACH = """
each_looked_up as materialized (
    select found.*, null::ubigint as combination
    from (select {columns} from all_stored where {test}) as found
    anti join met on found.visitor is not distinct from met.visitor and found.moment = met_at
    union all
    select found.*
    from (select {columns}, {combination} as combination from all_stored where {test}) as found
    semi join met on found.visitor is not distinct from met.visitor and found.moment = met_at
)"""
"""Nearly always no legs meet, and then the second look is not taken."""

MANY = 100
"""Events of somebody, of whom a list is made in another way."""
BUSY = f"""
busy as materialized (
    select visitor from each_looked_up group by visitor having count(*) > {MANY}
)"""
BY_VISITOR = """
by_visitor as materialized (
    select visitor, theirs
    from (
        select visitor, {list} over one_visitor as theirs, row_number() over one_visitor as nr
        from each_looked_up
        anti join busy on each_looked_up.visitor is not distinct from busy.visitor
        window one_visitor as (partition by visitor)
    )
    where nr = 1
    union all
    select each_looked_up.visitor, {list}
    from each_looked_up
    semi join busy on each_looked_up.visitor is not distinct from busy.visitor
    group by each_looked_up.visitor
)"""
"""Lists of groups have to fit the memory together, while those of a window are made in turns.

There is one for each row of a window, though, which takes long where somebody has very many.
"""
EACH_MONEY = """,
    'amount': revenue_amount, 'currency': nullif(upper(revenue_currency), '')"""
LIST = """
list({{'moment': moment, 'event_name': event_name, 'pathname': pathname,
    'combination': combination{money}}})
"""

ALONE = """
    select legs.*, case when is_only then theirs else {within} end as looked_up
    from legs
    {join} join by_visitor on legs.visitor is not distinct from by_visitor.visitor
    where is_alone
"""
OF_SEVERAL = """
    select
        several.* exclude (combination, does_meet, taken_until),
        {within} as looked_up
    from several
    left join by_visitor on several.visitor is not distinct from by_visitor.visitor
"""
WITHIN = "list_filter(theirs, lambda each: each.moment between started_at and ended_at{more})"
OF_THIS_ONE = """
    and (
        each.combination is null
        or each.combination = several.combination and {is_there}
    )
"""
IS_FIRST = "coalesce(each.moment > taken_until, true)"
"""Several legs with the same values are as one, where something is found on any of them."""
IS_LISTED = """
    case when each.event_name = 'pageview'
        then len(list_filter(list_zip(pages, viewed_at), lambda one:
            one[1].pathname is not distinct from each.pathname
            and list_contains(one[2], each.moment))) > 0
        else len(list_filter(list_zip(others, done_at), lambda one:
            one[1].event_name is not distinct from each.event_name
            and one[1].pathname is not distinct from each.pathname
            and list_contains(one[2], each.moment))) > 0
    end
"""
"""What is taken away has to be where it is: all of one path and moment are on the same leg."""

LOOKED_INTO = """
{name} as not materialized (
    select *, {found}
    from (select *, {own} from ({legs}))
    {whose}
)"""

_VIEWS = "lambda each: each.event_name = 'pageview'"
_OTHERS = "lambda each: each.event_name is distinct from 'pageview'"
FOUND = f"""
    coalesce(list_transform(
        map_entries(list_histogram(list_transform(
            list_filter(looked_up, {_VIEWS}), lambda each: {{'pathname': each.pathname}}))),
        lambda each: {{'pathname': each.key.pathname, 'views': each.value::integer}}
    ), []) as own_pages,
    list_transform(
        map_entries(list_histogram(list_transform(
            list_filter(looked_up, {_OTHERS}),
            lambda each: {{'event_name': each.event_name, 'pathname': each.pathname}}))),
        lambda each: {{'event_name': each.key.event_name, 'pathname': each.key.pathname,
            'times': each.value::integer}}
    ) as own_others
"""
LEFT = """
    list_filter(
        case when len(looked_up) > 0 then list_transform(pages, lambda each: {{
            'pathname': each.pathname,
            'views': (each.views - len(list_filter(looked_up, lambda one:
                one.event_name = 'pageview' and one.pathname is not distinct from each.pathname
            )))::integer
        }}) else pages end,
        lambda each: each.views > 0 and {on_page}
    ) as own_pages,
    list_filter(
        case when len(looked_up) > 0 then list_transform(others, lambda each: {{
            'event_name': each.event_name,
            'pathname': each.pathname,
            'times': (each.times - len(list_filter(looked_up, lambda one:
                one.event_name is not distinct from each.event_name
                and one.pathname is not distinct from each.pathname
            )))::integer
        }}) else others end,
        lambda each: each.times > 0 and {on_other}
    ) as own_others
"""
"""What there is of each leg without what was looked up."""

EVENTS_LOOKED_UP = """
events_looked_up as not materialized (
    select
        visitor as visitor_id, each.moment as timestamp, each.event_name as event_name,
        each.pathname as pathname, hostname
    from (select visitor, hostname, unnest(looked_up) as each from kept_legs)
)"""
PAYMENTS_LOOKED_UP = PAYMENTS.format(name="payments_looked_up", listed=LOOKED_UP)
FOUND_OF = """
{name} as not materialized (
    from {all_there} where ({placed}) and {happened}
    union all
    ({but}from {looked_up} where ({placed}) is not true)
)"""
BUT = "from {all_there} where ({placed}) is not true and ({of_legs}) and {happened} except all "


@dataclass(frozen=True, slots=True)
class LookedUp:
    """Events that are looked up, by the SQL of a `test` of events.

    They are what is asked for, or, if they `are_left_out`, what is not, of what passes the test
    `of_legs`.
    """

    test: str
    of_legs: str
    are_left_out: bool

    @property
    def has_any(self) -> str:
        """Whether a leg has an event that is asked for."""
        if self.are_left_out:
            return "(len(own_pages) > 0 or coalesce(len(own_others), 0) > 0)"
        return "coalesce(len(looked_up) > 0, false)"

    def relations(self, found: str, whose: str, sql: str) -> list[str]:
        """What leads to the legs of the visitors who are kept, with what they are `found` to have.

        Those that are a session each are `looked_into`, and the others `several_looked_into`. The
        SQL is that of a report.
        """
        money = ", revenue_amount, revenue_currency" if "found_payments" in sql else ""
        columns = f"{HASHED_VISITOR} as visitor, timestamp as moment, event_name,"
        columns += f" {decoded_sql('pathname')} as pathname{money}"
        each = EACH.format(columns=columns, test=self.test, combination=COMBINATION)
        of_each = LIST.format(money=EACH_MONEY if money else "")
        own = FOUND
        if self.are_left_out:
            own = LEFT.format(on_page=on_page(self.of_legs), on_other=on_other(self.of_legs))
        join = "left" if self.are_left_out else "inner"
        alone = ALONE.format(join=join, within=WITHIN.format(more=""))
        is_there = IS_LISTED if self.are_left_out else IS_FIRST
        more = OF_THIS_ONE.format(is_there=is_there)
        several = OF_SEVERAL.format(within=WITHIN.format(more=more))
        parts = {"found": found, "own": own, "whose": whose}
        return [
            SEVERAL,
            MET,
            each,
            BUSY,
            BY_VISITOR.format(list=of_each),
            LOOKED_INTO.format(name="looked_into", legs=alone, **parts),
            LOOKED_INTO.format(name=SEVERAL_LOOKED_INTO, legs=several, **parts),
        ]

    def events_found(self, placed: str) -> list[str]:
        """The relations of what is found: all that was `placed` so, and of the rest these."""
        parts = {"placed": placed, "of_legs": self.of_legs, "happened": HAPPENED}
        found = []
        for name, all_there, looked_up in (
            ("found_events", "happened", "events_looked_up"),
            ("found_payments", "paid_for", "payments_looked_up"),
        ):
            but = BUT.format(all_there=all_there, **parts) if self.are_left_out else ""
            found.append(
                FOUND_OF.format(
                    name=name, all_there=all_there, looked_up=looked_up, but=but, **parts
                )
            )
        return [EVENTS_LOOKED_UP, PAYMENTS_LOOKED_UP, *found]


def lookup(asked: Sequence[tuple[Filter, str]], within: str) -> LookedUp | None:
    """How to find what filters of what happened, each with its SQL, ask for `within` some time.

    None where legs tell.
    """
    of_props = [(f, test) for f, test in asked if f.is_of_props]
    if not of_props:
        return None
    of_legs = all_of(test for f, test in asked if not f.is_of_props)
    are_left_out = all(f.holds_for_none for f, _ in of_props)
    test = all_of(test for _, test in of_props)
    if are_left_out:
        test = f"({test}) is not true"
    # Most events have no properties at all: to know that is quicker than all else.
    tests = ["props is not null", HAPPENED, of_legs, within, test]
    return LookedUp(all_of(tests), of_legs, are_left_out)
