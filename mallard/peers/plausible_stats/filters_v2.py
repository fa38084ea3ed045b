"""The filters of the second version: nested lists, as `["not", ["is", "visit:os", ["iOS"]]]`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mallard.peers.plausible_stats.goals import goals_named
from mallard.peers.plausible_stats.words import EVENT_GOAL, TIMES, Words, ours
from mallard.reports.arguments import BadQuery
from mallard.reports.filters import MAX_VALUES, UNKNOWN
from mallard.reports.goal import Goal
from mallard.reports.where import (
    CONTAINS,
    IS,
    MATCHES,
    AllOf,
    AnyOf,
    Compared,
    HasDone,
    Not,
    Reaches,
    Where,
    wildcard,
)

DEEPEST = 8
OPERATORS = {
    "is": IS,
    "contains": CONTAINS,
    "matches": MATCHES,
    "matches_wildcard": MATCHES,
}
OPPOSITES = {
    "is_not": "is",
    "contains_not": "contains",
    "matches_not": "matches",
    "matches_wildcard_not": "matches_wildcard",
}
DONE, NOT_DONE = "has_done", "has_not_done"
_NAMES = ", ".join((*OPERATORS, *OPPOSITES, "and", "or", "not", DONE, NOT_DONE))

SEGMENT = "segment"


@dataclass(slots=True)
class Filters:
    """Reads filters for a site with these goals."""

    goals: Sequence[Goal]
    words: Words
    _values: int = 0
    _is_in_done: bool = False

    def conditions(self, filters: Sequence[Any]) -> tuple[Where, ...]:
        """What all must hold, without segments. Raises BadQuery."""
        return tuple(self._condition(one, 1) for one in filters if not _is_segment(one))

    def segments(self, filters: Sequence[Any]) -> tuple[str, ...]:
        """The names of the segments that all must be in. Raises BadQuery."""
        return tuple(_segment_named(one) for one in filters if _is_segment(one))

    def _condition(self, one: Any, depth: int) -> Where:
        if not isinstance(one, list) or len(one) < 2 or not isinstance(one[0], str):
            raise BadQuery(f"filters: {one!r:.200} must be a list, an operator and what it is of")
        if depth > DEEPEST:
            raise BadQuery(f"filters: they may be {DEEPEST} lists deep, no deeper")
        operator, *rest = one
        if operator == "not" and len(rest) == 1:
            return Not(self._condition(rest[0], depth + 1))
        if operator in ("and", "or") and len(rest) == 1 and isinstance(rest[0], list) and rest[0]:
            parts = tuple(self._condition(part, depth + 1) for part in rest[0])
            return AllOf(parts) if operator == "and" else AnyOf(parts)
        if operator in (DONE, NOT_DONE) and len(rest) == 1:
            done = self._done(rest[0], depth)
            return done if operator == DONE else Not(done)
        if operator in OPPOSITES:
            return Not(self._comparison(OPPOSITES[operator], rest))
        if operator in OPERATORS:
            return self._comparison(operator, rest)
        raise BadQuery(
            f"filters: {operator!r:.200} must be one of {_NAMES}, with what belongs to it"
        )

    def _done(self, one: Any, depth: int) -> Where:
        """That a visitor has an event at any time for which this holds; it is of events alone."""
        if self._is_in_done:
            raise BadQuery(f"filters: {DONE} and {NOT_DONE} stand in none of their kind")
        self._is_in_done = True
        try:
            return HasDone(self._condition(one, depth + 1))
        finally:
            self._is_in_done = False

    def _comparison(self, operator: str, rest: Sequence[Any]) -> Where:
        name, values, ignores_case = self._parts(rest)
        self._values += len(values)
        if self._values > MAX_VALUES:
            raise BadQuery(f"filters: give at most {MAX_VALUES} values in all of them")
        if name == EVENT_GOAL:
            return Reaches(self._goals(operator, values, ignores_case))
        meant = [self.words.meant(name, value) for value in values]
        if operator == "matches_wildcard":
            meant = [wildcard(value) for value in values]
        if operator == "matches":
            meant = list(values)
        if operator == "contains" and UNKNOWN in meant:
            meant = list(values)
        return Compared(ours(name), OPERATORS[operator], tuple(meant), ignores_case)

    def _parts(self, rest: Sequence[Any]) -> tuple[str, tuple[str, ...], bool]:
        """The dimension, the values, and whether case does not matter."""
        modifiers = rest[2] if len(rest) == 3 else {}
        is_right = (
            len(rest) in (2, 3)
            and isinstance(rest[0], str)
            and isinstance(rest[1], list)
            and bool(rest[1])
            and all(isinstance(value, str | int) for value in rest[1])
            and isinstance(modifiers, dict)
            and set(modifiers) <= {"case_sensitive"}
            and isinstance(modifiers.get("case_sensitive", True), bool)
        )
        if not is_right:
            raise BadQuery(
                "filters: after an operator come a dimension, a list of texts, and perhaps"
                ' {"case_sensitive": false}'
            )
        name = rest[0]
        if name == "time" or name in TIMES:
            raise BadQuery(f"filters: {name} cannot be filtered by")
        if name == SEGMENT:
            raise BadQuery(f"filters: a {SEGMENT} stands in no other filter, and only with is")
        if self._is_in_done and not name.startswith("event:"):
            raise BadQuery(f"filters: what {DONE} is of are events, not {name!r:.200}")
        ignores_case = not modifiers.get("case_sensitive", True)
        return name, tuple(map(str, rest[1])), ignores_case

    def _goals(self, operator: str, values: Sequence[str], ignores_case: bool) -> tuple[Goal, ...]:
        if operator == "is":
            return tuple(goal for value in values for goal in goals_named(value, self.goals))
        if operator != "contains":
            raise BadQuery(f"filters: {EVENT_GOAL} takes is and contains")
        flags = re.IGNORECASE if ignores_case else 0
        text = re.compile("|".join(map(re.escape, values)), flags)
        return tuple(goal for goal in self.goals if text.search(goal.name))


def _is_segment(one: Any) -> bool:
    return isinstance(one, list) and one[:2] == ["is", SEGMENT]


def _segment_named(one: list[Any]) -> str:
    if len(one) != 3 or not isinstance(one[2], list) or len(one[2]) != 1:
        raise BadQuery(f"filters: name one {SEGMENT}; several filters of segments all have to hold")
    return str(one[2][0])
