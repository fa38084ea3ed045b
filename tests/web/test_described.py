"""A route says of itself what the description of the API needs, and nothing twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jsonschema_rs
import pytest
from flask import Blueprint

from mallard.reports.arguments import Lenient, RequiredText, Text, WholeNumber
from mallard.web.api.described import Answer, Body, Subject, described
from mallard.web.api.openapi import describe

KEYS_OR_SESSION = [{"bearerKey": ["Admin"]}, {"headerKey": ["Admin"]}, {"session": []}]


@dataclass(frozen=True, slots=True)
class Duck:
    """One of the ducks.

    It swims.
    """

    name: str
    weight_grams: int | None = None


def one_route(
    *said: Any, method: str = "GET", path: str = "/api/ducks", **further: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The document with one route more than events, and what it says of that one."""
    ducks = Blueprint("ducks", __name__)

    @ducks.route(path, methods=[method])
    @described(Subject.FIGURES, *said, **further)
    def count_the_ducks() -> str:
        """The ducks.

        At most {most}, if there are
        so many.
        """
        return ""

    document = describe([ducks])
    return document, next(
        operation
        for path, item in document["paths"].items()
        for operation in item.values()
        if path != "/api/event"
    )


def statuses(*said: Any, **further: Any) -> set[str]:
    _, operation = one_route(*said, **further, facts={"most": 1})
    return set(operation["responses"])


def test_a_function_a_row_type_and_one_line_make_a_whole_description() -> None:
    document, operation = one_route(Answer("The rows.", [Duck("Erpel")]), facts={"most": 10})
    row = {"$ref": "#/components/schemas/Duck"}
    example = [{"name": "Erpel", "weight_grams": None}]
    content = {"schema": {"type": "array", "items": row}, "example": example}
    assert operation["responses"].pop("200") == {
        "description": "The rows.",
        "content": {"application/json": content},
    }
    refusals = {"401": "Unauthorized", "403": "Forbidden", "500": "InternalServerError"}
    assert operation == {
        "operationId": "countTheDucks",
        "tags": ["Figures"],
        "summary": "The ducks",
        "description": "At most 10, if there are so many.",
        "responses": {
            status: {"$ref": f"#/components/responses/{name}"} for status, name in refusals.items()
        },
        "security": KEYS_OR_SESSION,
    }
    assert document["components"]["schemas"]["Duck"]["description"] == "One of the ducks. It swims."
    whole = {"components": document["components"], "allOf": [content["schema"]]}
    jsonschema_rs.validate(whole, example)


def test_a_route_that_says_nothing_is_not_described() -> None:
    ducks = Blueprint("ducks", __name__)
    ducks.add_url_rule("/ducks", "count", lambda: "")
    assert set(describe([ducks])["paths"]) == {"/api/event"}


def test_what_is_refused_follows_from_what_is_taken() -> None:
    answer, usual = Answer("The duck.", Duck("Erpel")), {"200", "401", "403", "500"}
    assert statuses(answer) == usual
    asking = usual | {"431"}
    assert statuses(answer, WholeNumber("n", "", least=1, most=2, default=1)) == asking | {"400"}
    assert statuses(answer, Lenient("n", "")) == asking
    assert statuses(answer, Text("duck", ""), path="/api/ducks/<int:duck>") == usual | {"404"}
    changing = usual | {"503"}
    assert statuses(answer, method="DELETE") == changing
    taking = {"400", "413", "422"}
    assert statuses(answer, Body(Duck, {"name": "a"}), method="POST") == changing | taking
    assert statuses(answer, refuses=(409,)) == usual | {"409"}
    assert statuses(answer, path="/ducks") == usual - {"500"}


def test_an_address_that_works_without_api_as_well_is_described_once() -> None:
    ducks = Blueprint("ducks", __name__)

    @ducks.get("/api/ducks")
    @ducks.get("/ducks")
    @described(Subject.FIGURES, Answer("How many.", "3"))
    def count() -> str:
        """How many ducks."""
        return "3"

    assert set(describe([ducks])["paths"]) == {"/api/event", "/api/ducks"}


def test_two_parameters_that_differ_are_not_filed_under_one_name() -> None:
    said = (Text("duck", "Which one."), RequiredText("duck", "Another one."))
    with pytest.raises(ValueError, match="another parameter is filed as duck"):
        one_route(*said, Answer("It.", "Erpel"), facts={"most": 1})
    document, _ = one_route(
        said[0],
        RequiredText("duck", "Another one.", filed_as="other_duck"),
        Answer("It.", "Erpel"),
        facts={"most": 1},
    )
    assert {"duck", "other_duck"} <= set(document["components"]["parameters"])


def test_each_part_of_a_path_is_declared() -> None:
    with pytest.raises(ValueError, match=r"^/api/ducks/<duck>: duck is not declared$"):
        one_route(Answer("It.", "Erpel"), path="/api/ducks/<duck>", facts={"most": 1})
