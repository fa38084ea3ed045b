"""The values that an event has of a property, which came as JSON: none, one, or those of an array.

A text is a value as it stands; a number, `true`, `false` or an object is, as JSON writes it. Of an
array each element is one, whatever it is, and counts once. There is no value in `null`, an empty
text, an empty array, and in `(unknown)`, which stands for events without one.
"""

from __future__ import annotations

from collections.abc import Callable

from mallard.reports.unknown import UNKNOWN

OBJECT = "case when json_valid(props) then case json_type(props) when 'OBJECT' then props end end"
"""An event's properties; in files of others may stand anything."""


def is_value(text: str) -> str:
    """The SQL that says whether a text is a value."""
    return f"coalesce({text} not in ('', '{UNKNOWN}'), false)"


def has_value(json: str) -> str:
    """The SQL that says whether there is a value in JSON."""
    return (
        f"case when json_type({json}) = 'ARRAY' then len({_values(_elements(json))}) > 0"
        f" else {is_value(_text(json))} end"
    )


def values_of(json: str) -> str:
    """The SQL of the list of values in JSON."""
    return (
        f"case when json_type({json}) = 'ARRAY' then list_distinct({_values(_elements(json))})"
        f" when {is_value(_text(json))} then [{_text(json)}] else [] end"
    )


def values_sql(place: str) -> str:
    """The SQL of an event's values of a property, at least one; `place` is that of its pointer."""
    several = f"list_distinct({_values(_elements(_found(place)))})"
    one = f"try(json_extract_string(props, {place}))"
    # Most events have no properties at all: to know that is quicker than all else.
    return (
        f"case when props is null then ['{UNKNOWN}']"
        f" when {_is_array(place)} then coalesce(nullif({several}, []), ['{UNKNOWN}'])"
        f" else [coalesce(nullif({one}, ''), '{UNKNOWN}')] end"
    )


def any_of(place: str, test: Callable[[str], str], suits_none: bool = False) -> str:
    """The SQL that says whether any of an event's values passes a test, or if none `suits_none`.

    The test makes SQL of a text; it is asked of values alone.
    """

    def passes(text: str) -> str:
        return f"({is_value(text)} and {test(text)})"

    one = f"try(json_extract_string(props, {place}))"
    elements = _elements(_found(place))
    of_text = passes(one)
    of_array = f"len(list_filter({elements}, lambda each: {passes('each')})) > 0"
    if suits_none:
        of_text = f"({of_text} or not {is_value(one)})"
        of_array = f"({of_array} or len({_values(elements)}) = 0)"
    return f"case when {_is_array(place)} then {of_array} else {of_text} end"


def any_in(json: str, test: Callable[[str], str], suits_none: bool = False) -> str:
    """The same of JSON that has been found."""
    texts = f"case when json_type({json}) = 'ARRAY' then {_elements(json)} else [{_text(json)}] end"
    values = _values(f"({texts})")
    found = f"len(list_filter({values}, lambda each: {test('each')})) > 0"
    return f"({found} or len({values}) = 0)" if suits_none else f"({found})"


def _found(place: str) -> str:
    return f"json_extract(props, {place})"


def _is_array(place: str) -> str:
    # To look for a bracket is quicker than to read JSON.
    is_one = f"coalesce(try(json_type(props, {place})) = 'ARRAY', false)"
    return f"case when contains(props, '[') then {is_one} else false end"


def _text(json: str) -> str:
    return f"json_extract_string({json}, '$')"


def _elements(json: str) -> str:
    return f"from_json({json}, '[\"VARCHAR\"]')"


def _values(texts: str) -> str:
    return f"list_filter({texts}, lambda each: {is_value('each')})"
