"""Filters of a report: a dimension, an operator and values, parsed once from their spelling."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mallard.reports.arguments import BadQuery
from mallard.reports.goal import Goal
from mallard.reports.patterns import BadPattern, page_pattern, text_pattern
from mallard.reports.separators import Separator
from mallard.reports.unknown import UNKNOWN as UNKNOWN
from mallard.texts.said import said, within

PLACE_COLUMNS = {"page": "pathname", "hostname": "hostname"}
"""Dimensions that keep single events by where they happened."""

EVENT_COLUMNS = PLACE_COLUMNS | {"event": "event_name"}
"""Dimensions that keep single events."""

SESSION_COLUMNS = {
    "source": "referrer_source",
    "referrer": "referrer",
    "utm_source": "utm_source",
    "utm_medium": "utm_medium",
    "utm_campaign": "utm_campaign",
    "utm_content": "utm_content",
    "utm_term": "utm_term",
    "country": "country_code",
    "region": "region",
    "city": "city",
    "browser": "browser",
    "browser_version": "browser_version",
    "os": "os",
    "os_version": "os_version",
    "device": "device_type",
    "screen_size": "screen_size",
    "entry_page": "entry_page",
    "exit_page": "exit_page",
}
"""Dimensions that keep whole sessions, by the value of their first event."""

CHANNEL = "channel"
"""Keeps whole sessions, too, by what is made of some of these columns (`channels`)."""

SESSION_DIMENSIONS = (CHANNEL, *SESSION_COLUMNS)

DID, VISITOR_TYPE = "did", "visitor_type"
PEOPLE = (DID, VISITOR_TYPE)
"""Keep all that a visitor did in the period, or nothing: by something of it, or who is new."""

EVENT_DONE, GOAL_REACHED = "event:", "goal:"
"""Begin what visitors did."""

NEW, RETURNING = "new", "returning"
"""Whose first event in the site's whole history is in the period, and whose is before it."""

PROP = "prop:"
"""Begins dimensions that keep single events by a property of theirs."""

DIMENSIONS = (*EVENT_COLUMNS, f"{PROP}KEY", *SESSION_DIMENSIONS, *PEOPLE)

IS, CONTAINS, MATCHES = "==", "~=", "~*"
OPPOSITES = {"!=": IS, "!~": CONTAINS, "!*": MATCHES}
"""Operators, and what must not hold where they stand."""
OPERATORS = (IS, CONTAINS, MATCHES, *OPPOSITES)

PATHS = ("page", "entry_page", "exit_page")
"""Dimensions whose patterns are of paths."""

MAX_FILTERS = 20
MAX_VALUES = 100
"""Of all filters together: to plan a query takes longer the more it compares."""

_NAMES = "|".join((*EVENT_COLUMNS, f"{PROP}.+", *SESSION_DIMENSIONS))
_OPERATORS = "|".join(operator.replace("*", "[*]") for operator in OPERATORS)
_OF_PEOPLE = f"{DID}(==|!=)({EVENT_DONE}|{GOAL_REACHED})|{VISITOR_TYPE}(==|!=)"
PATTERN = f"^(({_NAMES})({_OPERATORS})|{_OF_PEOPLE})[^|]+([|][^|]+)*$"
"""What a filter looks like, in the expressions of JSON Schema."""

_FORM = re.compile(rf"(?P<dim>prop:.+?|[a-z_]+)(?P<op>{_OPERATORS})(?P<values>.*)", re.DOTALL)
_BAR = Separator("|")


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition: any of `values` holds, or none of them does where the operator `is_negative`.

    A value is the dimension's own (`==`), contained in it (`~=`), or a pattern that it fits (`~*`).
    """

    dimension: str
    operator: str
    values: tuple[str, ...]
    goals: tuple[Goal, ...] = ()
    """What is known of the goals that are named."""

    @property
    def keeps_visitors(self) -> bool:
        """Whether the condition is on all that a visitor did in the period."""
        return self.dimension in PEOPLE

    @property
    def deeds(self) -> list[Goal]:
        """What visitors did, any of it. Raises BadQuery for a goal that is not known."""
        known = {goal.name: goal for goal in self.goals}
        return [_deed(value, known) for value in self.values]

    @property
    def goal_names(self) -> list[str]:
        """The names of the goals among what visitors did."""
        named = self.values if self.dimension == DID else ()
        return [v.removeprefix(GOAL_REACHED) for v in named if v.startswith(GOAL_REACHED)]

    @property
    def keeps_sessions(self) -> bool:
        """Whether the condition is on whole sessions, not on single events."""
        return self.dimension in SESSION_DIMENSIONS

    @property
    def is_negative(self) -> bool:
        """Whether it holds for what has no value, too."""
        return self.operator in OPPOSITES

    @property
    def test(self) -> str:
        """The operator, or what it is the opposite of."""
        return OPPOSITES.get(self.operator, self.operator)

    @property
    def is_of_place(self) -> bool:
        """Whether the condition is on where an event happened, not on what happened."""
        return self.dimension in PLACE_COLUMNS

    @property
    def is_of_what_happened(self) -> bool:
        """Whether the condition is on what an event was."""
        return self.dimension == "event" or self.is_of_props

    @property
    def is_of_props(self) -> bool:
        """Whether the condition is on a property of events."""
        return self.dimension.startswith(PROP)

    @property
    def asks_props(self) -> bool:
        """Whether more of events has to be read than sessions of days know."""
        return self.is_of_props or any(
            goal.asks_events for goal in self.goals if goal.name in self.goal_names
        )

    @property
    def holds_for_none(self) -> bool:
        """Whether the condition is true of what has no value."""
        return (self.test == IS and UNKNOWN in self.values) is not self.is_negative

    def is_one_value_of(self, *dimensions: str) -> bool:
        """Whether one of these dimensions has to have one certain value."""
        is_equal = self.operator == IS and self.values != (UNKNOWN,)
        return self.dimension in dimensions and is_equal and len(self.values) == 1

    def holds_for(self, value: str) -> bool:
        """Whether the condition is true of a value that there is."""
        if self.test == IS:
            found = value in self.values
        elif self.test == CONTAINS:
            found = any(text.lower() in value.lower() for text in self.values)
        else:
            found = any(text_pattern(text.lower()).fits(value.lower()) for text in self.values)
        return found is not self.is_negative

    def __str__(self) -> str:
        return f"{self.dimension}{self.operator}{_BAR.joined(self.values)}"


def parse_filters(texts: Sequence[str]) -> tuple[Filter, ...]:
    """The filters that these spell, which are few enough to be asked together.

    Raises ValueError that says what is wrong.
    """
    if len(texts) > MAX_FILTERS:
        raise ValueError(said("filter: give at most %(most)s of them", most=MAX_FILTERS))
    filters = tuple(map(parse_filter, texts))
    if sum(len(condition.values) for condition in filters) > MAX_VALUES:
        raise ValueError(
            said("filter: give at most %(most)s values in all of them", most=MAX_VALUES)
        )
    return filters


def parse_filter(text: str) -> Filter:
    """The Filter that `text` (already URL-decoded once) spells.

    Raises ValueError that says what is wrong.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        others = ", ".join(OPERATORS[1:])
        raise ValueError(
            said(
                "filter must have the form DIMENSION==VALUE, or with one of %(operators)s",
                operators=others,
            )
        )
    dimension = match["dim"]
    known = (*EVENT_COLUMNS, *SESSION_DIMENSIONS, *PEOPLE)
    if dimension not in known and not dimension.startswith(PROP):
        raise ValueError(
            said(
                "filter: the dimension must be one of %(names)s",
                names=", ".join(DIMENSIONS),
            )
        )
    values = tuple(_BAR.split(match["values"]))
    if "" in values:
        raise ValueError(
            said("filter: %(dimension)s is compared with an empty value", dimension=dimension)
        )
    condition = Filter(dimension, match["op"], values)
    if condition.test == MATCHES and dimension in PATHS:
        _check_paths(values)
    if dimension in PEOPLE:
        _check_people(condition)
    return condition


def _check_people(condition: Filter) -> None:
    if condition.test != IS:
        raise ValueError(
            said(
                "filter: %(dimension)s takes no other operator than == and !=",
                dimension=condition.dimension,
            )
        )
    if condition.dimension == DID:
        form = re.compile(f"({EVENT_DONE}|{GOAL_REACHED})(?s:.+)")
        if not all(map(form.fullmatch, condition.values)):
            raise ValueError(
                said(
                    "filter: %(dimension)s is %(event)sNAME or %(goal)sNAME",
                    dimension=DID,
                    event=EVENT_DONE,
                    goal=GOAL_REACHED,
                )
            )
    elif not {NEW, RETURNING}.issuperset(condition.values):
        raise ValueError(
            said(
                "filter: %(dimension)s is %(new)s or %(returning)s",
                dimension=VISITOR_TYPE,
                new=NEW,
                returning=RETURNING,
            )
        )


def _deed(value: str, known: Mapping[str, Goal]) -> Goal:
    if value.startswith(EVENT_DONE):
        return Goal(value, event=value.removeprefix(EVENT_DONE))
    name = value.removeprefix(GOAL_REACHED)
    if name not in known:
        raise BadQuery(said("filter: the site has no goal of the name %(name)s", name=repr(name)))
    return known[name]


def _check_paths(values: Sequence[str]) -> None:
    try:
        for value in values:
            page_pattern(value)
    except BadPattern as error:
        raise ValueError(within("filter", error)) from None
