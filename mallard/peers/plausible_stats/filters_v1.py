"""The filters of the first version: `visit:country==DE|AT;event:page==/blog**`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mallard.peers.plausible_stats.goals import goals_named
from mallard.peers.plausible_stats.words import EVENT_GOAL, TIMES, Words, ours
from mallard.reports.arguments import BadQuery
from mallard.reports.filters import MAX_FILTERS, MAX_VALUES
from mallard.reports.goal import Goal
from mallard.reports.where import IS, MATCHES, AnyOf, Compared, Not, Reaches, Where, wildcard

_FORM = re.compile(r"\s*(?P<property>[^=!]+?)\s*(?P<operator>==|!=)\s*(?P<value>.*?)\s*", re.DOTALL)
_A_BAR = re.compile(r"(?<!\\)[|]")
_NAME = "filters"


def conditions(text: str, goals: Sequence[Goal], words: Words) -> tuple[Where, ...]:
    """What all must hold, one for each expression. Raises BadQuery."""
    parts = text.split(";") if text.strip() else []
    if len(parts) > MAX_FILTERS:
        raise BadQuery(f"{_NAME}: give at most {MAX_FILTERS} of them")
    if sum(len(_A_BAR.split(part)) for part in parts) > MAX_VALUES:
        raise BadQuery(f"{_NAME}: give at most {MAX_VALUES} values in all of them")
    return tuple(_condition(part, goals, words) for part in parts)


def _condition(text: str, goals: Sequence[Goal], words: Words) -> Where:
    match = _FORM.fullmatch(text)
    if match is None:
        raise BadQuery(f"{_NAME}: {text!r} must have the form property==value or property!=value")
    name = match["property"]
    if name in TIMES:
        raise BadQuery(f"{_NAME}: {name} cannot be filtered by")
    values = [value.replace(r"\|", "|") for value in _A_BAR.split(match["value"])]
    if "" in values:
        raise BadQuery(f"{_NAME}: {name} is compared with an empty value")
    found: Where
    if name == EVENT_GOAL:
        found = Reaches(tuple(goal for value in values for goal in goals_named(value, goals)))
    else:
        found = _one_of(name, values, words)
    return Not(found) if match["operator"] == "!=" else found


def _one_of(name: str, values: Sequence[str], words: Words) -> Where:
    dimension = ours(name)
    meant = [words.meant(name, value) for value in values]
    plain = tuple(value for value in meant if "*" not in value)
    patterns = tuple(wildcard(value) for value in meant if "*" in value)
    tests = [Compared(dimension, IS, plain)] if plain else []
    tests += [Compared(dimension, MATCHES, patterns)] if patterns else []
    return tests[0] if len(tests) == 1 else AnyOf(tuple(tests))
