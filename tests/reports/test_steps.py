"""Steps of funnels and sequences are read as they were written."""

from __future__ import annotations

import pytest

from mallard.reports.arguments import BadQuery
from mallard.reports.steps import Step, of_page, steps_from_args


def read(steps: str = "", *step: str) -> list[Step]:
    return list(steps_from_args({"steps": [steps], "step": list(step)}, least=1))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("/a%2Cb", "/a,b"),
        ("/a%2cb", "/a,b"),
        ("/a%252Cb", "/a%2Cb"),
        ("/a%252cb", "/a%2cb"),
        ("/a%25b", "/a%25b"),
    ],
)
def test_a_comma_in_a_step_is_escaped_and_its_escape_too(text: str, value: str) -> None:
    assert read(f"page:{text},event:signup") == [Step("page", value), Step("event", "signup")]


def test_a_step_of_its_own_is_taken_as_it_is() -> None:
    assert read("", "page:/a,b%2Cc") == [Step("page", "/a,b%2Cc")]


def test_blanks_between_steps_do_not_count_and_those_of_an_event_do() -> None:
    assert read("page:/a , event:Signup , page:/b") == [
        Step("page", "/a"),
        Step("event", "Signup "),
        Step("page", "/b"),
    ]
    assert read("", "event:Signup ", "event: Signup") == [
        Step("event", "Signup "),
        Step("event", " Signup"),
    ]


def test_a_mistake_in_a_step_is_said_before_that_there_are_too_few() -> None:
    with pytest.raises(BadQuery, match="'signup' is neither"):
        steps_from_args({"step": ["signup"]}, least=2)


def test_a_path_with_a_star_is_a_pattern_unless_it_is_escaped() -> None:
    assert [step.is_pattern for step in read("page:/blog/*,page:/a%2Ab,event:a*")] == [1, 0, 0]
    assert of_page("/a*b") == Step("page", "/a%2Ab")
    assert of_page("/a*b").bound == "/a*b"
    with pytest.raises(BadQuery, match="steps: 'blog/\\*' is no pattern of paths"):
        read("page:blog/*")


@pytest.mark.parametrize("text", ["", " , ", "signup", "page:", "page:  ", "exit:/a"])
def test_what_is_no_step_is_refused(text: str) -> None:
    with pytest.raises(BadQuery, match="steps"):
        read(text)
