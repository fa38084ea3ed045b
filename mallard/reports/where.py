"""Conditions that nest: what other products' clients ask for, beyond the filters of our own API.

They are judged event by event, each with what is known of its session: by the values of the
session's first event, as for filters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from mallard.reports.conditions import Params, all_of
from mallard.reports.decoding import spellings
from mallard.reports.filters import CHANNEL, EVENT_COLUMNS, PROP, SESSION_COLUMNS, UNKNOWN
from mallard.reports.goal import Goal, condition
from mallard.reports.json_pointer import pointer
from mallard.reports.property_values import any_in, values_of

IS, CONTAINS, MATCHES = "is", "contains", "matches"
OPERATORS = (IS, CONTAINS, MATCHES)

HAS_MONEY = "has_money"
PROPS = "told_props"
"""The properties of an event that are asked for."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One of `values` is a dimension's, or is contained in it, or is an expression for RE2."""

    dimension: str
    operator: str
    values: tuple[str, ...]
    ignores_case: bool = False


@dataclass(frozen=True, slots=True)
class Reaches:
    """The event reaches one of these goals."""

    goals: tuple[Goal, ...]


@dataclass(frozen=True, slots=True)
class HasDone:
    """The other holds for an event of the same visitor, at any time of the period."""

    of: Where


@dataclass(frozen=True, slots=True)
class Not:
    """The other does not hold."""

    of: Where


@dataclass(frozen=True, slots=True)
class AllOf:
    """Each of these holds; all is kept by none."""

    of: tuple[Where, ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of these holds."""

    of: tuple[Where, ...]


Where = Compared | Reaches | HasDone | Not | AllOf | AnyOf
EVERYTHING = AllOf()


def tests_of(where: Where) -> Iterator[Compared]:
    """All tests in a condition."""
    if isinstance(where, Compared):
        yield where
    elif isinstance(where, Not | HasDone):
        yield from tests_of(where.of)
    elif isinstance(where, AllOf | AnyOf):
        for part in where.of:
            yield from tests_of(part)


def goals_in(where: Where) -> Iterator[Goal]:
    """All goals in a condition."""
    if isinstance(where, Reaches):
        yield from where.goals
    elif isinstance(where, Not | HasDone):
        yield from goals_in(where.of)
    elif isinstance(where, AllOf | AnyOf):
        for part in where.of:
            yield from goals_in(part)


class Bound:
    """What SQL on `seen` binds, and the properties of events that it reads there.

    They are taken out of their JSON where `seen` is made: DuckDB, up to 1.5.5, fails on some
    statements with a TRY above a join, and nothing may be asked of it afterwards.
    """

    def __init__(self) -> None:
        self._keys: list[str] = []
        self._values: Params = {}

    @property
    def params(self) -> Params:
        """The values by their names, and the places of the properties as PROPS."""
        keys = {PROPS: [pointer(key) for key in self._keys]} if self._keys else {}
        return self._values | keys

    def value(self, value: object) -> str:
        """The name of a value in the SQL."""
        name = f"where_{len(self._values)}"
        self._values[name] = value
        return f"${name}"

    def values_of_prop(self, key: str) -> str:
        """The SQL of the list of the event's values of a property, `(unknown)` for none."""
        nothing = f"[{self.value(UNKNOWN)}]"
        return f"coalesce(nullif({values_of(self._json(key))}, []), {nothing})"

    def column(self, dimension: str) -> str:
        """The SQL of a dimension's value, of which there is one."""
        if dimension == CHANNEL:
            return CHANNEL
        return EVENT_COLUMNS.get(dimension) or SESSION_COLUMNS[dimension]

    def reaches(self, goal: Goal) -> str:
        """The SQL of whether an event reaches a goal."""
        tests = [condition(replace(goal, props=(), money=False), self.value)]
        if goal.money:
            tests.append(HAS_MONEY)
        return all_of([*tests, *(self._has(key, value) for key, value in goal.props)])

    def _has(self, key: str, value: str) -> str:
        """The SQL of whether an event has this value of a property."""
        wanted = self.value(value)
        return any_in(self._json(key), lambda text: f"{text} = {wanted}", value == UNKNOWN)

    def _json(self, key: str) -> str:
        if key not in self._keys:
            self._keys.append(key)
        return f"{PROPS}[{self._keys.index(key) + 1}]"

    def holds(self, where: Where) -> str:
        """The SQL of a condition, which is never NULL."""
        match where:
            case Compared():
                return self._compared(where)
            case Reaches():
                return _any(self.reaches(goal) for goal in where.goals)
            case HasDone():
                return f"visitor in (select visitor from seen where {self.holds(where.of)})"
            case Not():
                return f"not ({self.holds(where.of)})"
            case AllOf():
                return all_of(f"({self.holds(part)})" for part in where.of)
            case AnyOf():
                return _any(self.holds(part) for part in where.of)

    def _compared(self, compared: Compared) -> str:
        if compared.dimension.startswith(PROP):
            return self._compared_props(compared)
        column, values = self.column(compared.dimension), list(compared.values)
        if compared.operator != MATCHES:
            values = spellings(column, values)
        return _any(self._compared_with(column, compared, value) for value in values)

    def _compared_props(self, compared: Compared) -> str:
        """Of an array each element is a value; one of them is enough."""
        suits_none = compared.operator == IS and UNKNOWN in compared.values
        wanted = [value for value in compared.values if not (suits_none and value == UNKNOWN)]
        json = self._json(compared.dimension.removeprefix(PROP))

        def test(text: str) -> str:
            return _any(self._compared_with(text, compared, value) for value in wanted)

        return any_in(json, test, suits_none)

    def _compared_with(self, column: str, compared: Compared, value: str) -> str:
        if value == UNKNOWN and compared.operator == IS:
            return f"{column} is null"
        given = self.value(value)
        if compared.operator == MATCHES:
            flags = "is" if compared.ignores_case else "s"
            return f"coalesce(regexp_matches({column}, {given}, '{flags}'), false)"
        if compared.ignores_case:
            column, given = f"lower({column})", f"lower({given})"
        if compared.operator == CONTAINS:
            return f"coalesce(contains({column}, {given}), false)"
        return f"coalesce({column} = {given}, false)"


def _any(tests: Iterable[str]) -> str:
    return " or ".join(f"({test})" for test in tests) or "false"


def wildcard(text: str) -> str:
    """The expression of all texts that fit one in which `**` and `*` stand for anything."""
    return "^" + ".*".join(map(re.escape, re.split(r"[*]+", text))) + "$"
