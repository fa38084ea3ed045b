"""Declared arguments: what each kind makes of a request, and how it is described."""

from __future__ import annotations

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mallard.reports.arguments import BadQuery, Choice, Repeated, RequiredText, Text, WholeNumber

TEXT = Text("t", "")
REQUIRED = RequiredText("r", "", hint=": say what")
REPEATED = Repeated("f", "", pattern=".", most=40)
CHOICE = Choice("c", "", choices=("a", "b"), default="b")
NUMBER = WholeNumber("n", "", least=2, most=40, default=7)


@pytest.mark.parametrize(
    "args", [{}, {"t": [], "c": [], "n": []}, {"t": [""], "c": [""], "n": [""]}]
)
def test_what_is_absent_or_empty_is_as_usual(args: dict[str, list[str]]) -> None:
    assert (TEXT.of(args), CHOICE.of(args), NUMBER.of(args)) == (None, "b", 7)
    assert CHOICE.of(args, "a") == "a", "unless something else is usual here"


def test_the_first_value_counts_unless_all_do() -> None:
    args = {name: ["2", "3"] for name in "trf"} | {"c": ["a", "b"], "n": ["3", "2"]}
    assert (TEXT.of(args), REQUIRED.of(args), CHOICE.of(args), NUMBER.of(args)) == (
        "2",
        "2",
        "a",
        3,
    )
    assert list(REPEATED.of(args)) == ["2", "3"]


def test_what_must_be_there_is_missed_with_a_hint() -> None:
    with pytest.raises(BadQuery, match=r"^r is missing: say what$"):
        REQUIRED.of({"r": [""]})


def test_what_is_no_choice_is_refused_with_the_choices() -> None:
    with pytest.raises(BadQuery, match=r"^c must be one of a, b$"):
        CHOICE.of({"c": ["A"]})


@pytest.mark.parametrize("text", ["1", "41", "-3", "+3", "3.0", "3 ", "0x3", "٣", "³", "9" * 5000])
def test_what_is_no_whole_number_within_bounds_is_refused_with_the_bounds(text: str) -> None:
    with pytest.raises(BadQuery, match=r"^n must be a whole number from 2 to 40$"):
        NUMBER.of({"n": [text]})


@given(number=st.integers(-100, 100))
def test_a_number_is_taken_just_where_its_form_says_so(number: int) -> None:
    is_of_the_form = jsonschema_rs.is_valid(dict(NUMBER.form), number)
    try:
        assert NUMBER.of({"n": [str(number)]}) == number
    except BadQuery:
        assert not is_of_the_form
    else:
        assert is_of_the_form
