"""How a route reads in OpenAPI 3.1."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mallard.reports.arguments import Parameter
from mallard.reports.parameters import TIMEZONE
from mallard.web.api.asking import IMPORTED_HEADER, TIMEZONE_HEADER
from mallard.web.api.described import Answer, Body, Header, Headers
from mallard.web.api.openapi.refusals import refusal_name, refusals_of
from mallard.web.api.openapi.routes import Route
from mallard.web.api.openapi.schemas import Json, Schemas

OF_ZONES: Headers = {
    IMPORTED_HEADER: (str, "Of how many days the figures were imported, where they were of any."),
    TIMEZONE_HEADER: (str, "The time zone that days, hours and weeks are those of."),
}
"""The headers of each answer that may be asked for in another time zone."""


def operation(route: Route, schemas: Schemas) -> Json:
    """All that is known about a route."""
    said = route.said
    described: Json = {
        "operationId": _camel_case(route.name),
        "tags": [said.subject.title],
        "summary": said.summary,
        "description": said.text,
        "parameters": [
            {"$ref": f"#/components/parameters/{filed_as(parameter)}"}
            for parameter in said.parameters
        ],
        "requestBody": said.body and _body(said.body, schemas),
        "responses": dict(sorted(_responses(route, schemas))),
    }
    shown = {key: value for key, value in described.items() if value}
    return shown | {"security": list(_security(route))}


def filed_as(parameter: Parameter) -> str:
    """Its name among the components."""
    return parameter.filed_as or parameter.name


def parameters_of(route: Route) -> Iterator[tuple[str, Json]]:
    """Its parameters by their names among the components."""
    for parameter in route.said.parameters:
        yield filed_as(parameter), _parameter(parameter, _place(parameter, route))


def _place(parameter: Parameter, route: Route) -> str:
    if isinstance(parameter, Header):
        return "header"
    return "path" if parameter in route.in_path else "query"


def _parameter(parameter: Parameter, place: str) -> Json:
    said: Json = {
        "name": parameter.name,
        "in": place,
        "description": parameter.meaning,
        "schema": dict(parameter.form),
    }
    if place == "path" or parameter.is_required:
        said["required"] = True
    elif place == "query":
        said["allowEmptyValue"] = True
    if parameter.form["type"] == "array":
        said["explode"] = True
    return said if parameter.example is None else said | {"example": parameter.example}


def _body(body: Body, schemas: Schemas) -> Json:
    content = {"schema": schemas.of(body.kind), "example": _as_json(body.example)}
    return {"required": True, "content": {"application/json": content}}


def _responses(route: Route, schemas: Schemas) -> Iterator[tuple[str, Json]]:
    for status in refusals_of(route):
        yield str(status), {"$ref": f"#/components/responses/{refusal_name(status)}"}
    more = OF_ZONES if TIMEZONE in route.said.parameters else {}
    for answer in route.said.answers:
        yield str(answer.status), _answer(answer, more, schemas)


def _answer(answer: Answer, more: Headers, schemas: Schemas) -> Json:
    content: Json = {kind: {"schema": {"type": "string"}} for kind in answer.files}
    if answer.example is not None:
        form = "text/plain" if isinstance(answer.example, str) else "application/json"
        schema = schemas.of_example(answer.example)
        if answer.otherwise is not None:
            schema = {"anyOf": [schema, schemas.of_example(answer.otherwise)]}
        content[form] = {"schema": schema, "example": _as_json(answer.example)}
    headers = {
        name: {"description": text, "schema": schemas.of(kind)}
        for name, (kind, text) in {**answer.headers, **more}.items()
    }
    said: Json = {"description": answer.meaning, "headers": headers, "content": content}
    return {key: value for key, value in said.items() if value}


def _as_json(example: object) -> object:
    """An example as it comes out of JSON, in which there are no tuples."""
    return msgspec.json.decode(msgspec.json.encode(example))


def _security(route: Route) -> Iterator[Json]:
    """What it asks for: any one is enough."""
    if route.said.scheme:
        if route.scope is None:
            yield {}
        yield {route.said.scheme: []}
    if route.scope:
        yield from ({"bearerKey": [route.scope]}, {"headerKey": [route.scope]})
        if route.is_for_people:
            yield {"session": []}


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
