"""The SQL of filters: what they ask of an event, or of a session."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from mallard.reports import channels
from mallard.reports.decoding import PAGES, decoded_sql, spellings
from mallard.reports.filters import (
    CHANNEL,
    CONTAINS,
    EVENT_COLUMNS,
    MATCHES,
    PROP,
    SESSION_COLUMNS,
    UNKNOWN,
    Filter,
)
from mallard.reports.goal import Bind
from mallard.reports.json_pointer import pointer
from mallard.reports.patterns import page_pattern, text_pattern
from mallard.reports.property_values import any_of

Params = dict[str, Any]

EVERYTHING = "true"
NOTHING = "false"

_PATHNAME, _EVENT_NAME = re.compile(r"\bpathname\b"), re.compile(r"\bevent_name\b")


def all_of(conditions: Iterable[str]) -> str:
    """The SQL of all of these together."""
    return " and ".join(conditions) or EVERYTHING


def sql_of(condition: Filter, params: Params, of_legs: bool = False) -> str:
    """The SQL of one filter; its values are bound under names that are free in `params`.

    It is on events, or `of_legs`, which have their channel as a column, and paths decoded.
    """
    if condition.dimension == CHANNEL:
        channel = CHANNEL if of_legs else channels.CHANNEL
        return channels.is_one_of(filter(condition.holds_for, channels.CHANNELS), channel)
    if condition.is_of_props:
        return _of_property(condition, params)
    column = EVENT_COLUMNS.get(condition.dimension) or SESSION_COLUMNS[condition.dimension]
    read = column if of_legs else decoded_sql(column)
    if condition.test == CONTAINS:
        values = spellings(column, condition.values)
        tests = [f"contains(lower({read}), lower({_bind(v, params)}))" for v in values]
        either = f"coalesce({' or '.join(tests)}, false)"
    elif condition.test == MATCHES:
        regexes = _regexes(column, condition.values)
        tests = [f"regexp_full_match(lower({read}), lower({_bind(r, params)}))" for r in regexes]
        either = f"coalesce({' or '.join(tests)}, false)"
    else:
        equals = "is not distinct from" if condition.is_negative else "="
        tests = [
            f"{read} is null" if value == UNKNOWN else f"{read} {equals} {_bind(value, params)}"
            for value in spellings(column, condition.values)
        ]
        either = f"({' or '.join(tests)})"
    return f"not {either}" if condition.is_negative else either


def _regexes(column: str, values: Iterable[str]) -> list[str]:
    """What patterns of a column's values are compared with; no letter of it means more than one."""
    if column in PAGES:
        return [page_pattern(value).regex for value in values]
    return [text_pattern(value).regex for value in spellings(column, values)]


def _of_property(condition: Filter, params: Params) -> str:
    """Of several values that an event has, any may be it, or none must be what it is not."""
    place = _bind(pointer(condition.dimension.removeprefix(PROP)), params)
    is_pattern = condition.test == MATCHES
    values = _regexes(PROP, condition.values) if is_pattern else condition.values
    wanted = [_bind(value, params) for value in values]
    forms = {
        CONTAINS: "contains(lower({text}), lower({value}))",
        MATCHES: "regexp_full_match(lower({text}), lower({value}))",
    }
    form = forms.get(condition.test, "{text} = {value}")

    def test(text: str) -> str:
        return f"({' or '.join(form.format(text=text, value=value) for value in wanted)})"

    suits_none = condition.test not in forms and UNKNOWN in condition.values
    either = any_of(place, test, suits_none)
    return f"not {either}" if condition.is_negative else either


def on_page(test: str) -> str:
    """A test of events as one of a leg's pages; the hostname is the leg's."""
    return _EVENT_NAME.sub("'pageview'", _PATHNAME.sub("each.pathname", test))


def on_other(test: str) -> str:
    """A test of events as one of what else happened on a leg."""
    return _EVENT_NAME.sub("each.event_name", _PATHNAME.sub("each.pathname", test))


def named(params: Params, kind: str) -> Bind:
    """Gives values names of a kind that are free in `params`, and adds them."""

    def bind(value: Any) -> str:
        name = f"{kind}_{len(params)}"
        params[name] = value
        return f"${name}"

    return bind


def _bind(value: str, params: Params) -> str:
    return named(params, "filter")(value)
