"""What visitors do: an event, or a view of a page, and the SQL that finds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mallard.model import PAGEVIEW
from mallard.reports.decoding import decoded_sql
from mallard.reports.json_pointer import pointer
from mallard.reports.patterns import ANYTHING, page_pattern
from mallard.reports.property_values import any_of
from mallard.reports.silent import HAPPENED
from mallard.reports.unknown import UNKNOWN

Bind = Callable[[Any], str]
"""Gives a value a name in the SQL."""


@dataclass(frozen=True, slots=True)
class Goal:
    """An event of a name, or a view of a page that fits a pattern; with these properties, if any.

    `page` is empty where it is the event that counts. With `money` only events with revenue do.
    """

    name: str
    event: str = ""
    page: str = ""
    props: tuple[tuple[str, str], ...] = ()
    money: bool = False

    @property
    def asks_events(self) -> bool:
        """Whether only the events themselves tell who reached it."""
        return bool(self.props) or self.money


def condition(goal: Goal, bind: Bind) -> str:
    """The SQL that says whether an event reaches a goal."""
    if goal.page:
        tests = ["event_name = 'pageview'", _fits(goal.page, decoded_sql("pathname"), bind)]
    else:
        tests = [f"coalesce(event_name = {bind(goal.event)}, false)", HAPPENED]
    tests += [_has(key, value, bind) for key, value in goal.props]
    if goal.money:
        tests.append("revenue_amount is not null")
    return " and ".join(tests)


def _has(key: str, value: str, bind: Bind) -> str:
    """The SQL that says whether an event has this value of a property."""
    place, wanted = bind(pointer(key)), bind(value)
    return any_of(place, lambda text: f"{text} = {wanted}", suits_none=value == UNKNOWN)


def times_in_leg(goal: Goal, bind: Bind) -> str:
    """The SQL of how often a goal that does not ask for events is reached in a leg."""
    if goal.page:
        return _count("pages", _fits(goal.page, "each.pathname", bind), "views")
    if goal.event == PAGEVIEW:
        return "pageviews"
    is_it = f"coalesce(each.event_name = {bind(goal.event)}, false)"
    return _count("others", is_it, "times")


def _count(things: str, test: str, times: str) -> str:
    kept = f"list_filter({things}, lambda each: {test})"
    return f"coalesce(list_sum(list_transform({kept}, lambda each: each.{times})), 0)"


def _fits(text: str, column: str, bind: Bind) -> str:
    pattern = page_pattern(text)
    first, *rest = pattern.parts
    if ANYTHING not in text:
        return f"{column} = {bind(first)}"
    if rest == [""]:
        return f"starts_with({column}, {bind(first)})"
    return f"regexp_full_match({column}, {bind(pattern.regex)})"
