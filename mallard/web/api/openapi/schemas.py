"""The forms of bodies and answers, read off the types that are decoded and encoded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from inspect import cleandoc
from typing import Any

import msgspec

from mallard.web.api.compared import FIGURES, KEYS
from mallard.web.api.openapi.routes import Route
from mallard.web.errors import Error

Json = dict[str, Any]
INTEGER, NUMBER = {"type": "integer"}, {"type": "number"}


class Schemas:
    """The schemas of all types that routes speak of; `components` are those with names."""

    def __init__(self, routes: Iterable[Route]) -> None:
        kinds = list(dict.fromkeys((Error, *_kinds(routes))))
        found, self.components = msgspec.json.schema_components(
            kinds, ref_template="#/components/schemas/{name}"
        )
        self._of: dict[Any, Json] = dict(zip(kinds, found, strict=True))
        for schema in (*found, *self.components.values()):
            _tidy(schema)
        for kind in KEYS:
            if kind.__name__ in self.components:
                properties = self.components[kind.__name__]["properties"]
                properties |= _compared(kind, properties)

    def of(self, kind: Any) -> Json:
        """That of a type."""
        return self._of[kind]

    def of_example(self, example: object) -> Json:
        """That of the type of an example; of a list, of its items' types."""
        if not isinstance(example, list):
            return self._of[type(example)]
        items = [self._of[kind] for kind in _kinds_in(example)]
        return {"type": "array", "items": items[0] if len(items) == 1 else {"anyOf": items}}


def _kinds(routes: Iterable[Route]) -> Iterator[Any]:
    for route in routes:
        if route.said.body:
            yield route.said.body.kind
        for answer in route.said.answers:
            yield from (kind for kind, _ in answer.headers.values())
            for example in (answer.example, answer.otherwise):
                if example is not None:
                    yield from _kinds_in(example)


def _kinds_in(example: object) -> list[type[Any]]:
    """The types of an example's items if it is a list, else its own."""
    items = example if isinstance(example, list) else [example]
    return list(dict.fromkeys(map(type, items)))


def _tidy(schema: Json) -> None:
    """Says in one line what the docstring says, and leaves out what goes without saying."""
    if "description" in schema:
        schema["description"] = " ".join(cleandoc(schema["description"]).split())
    if schema.get("default", ...) is None:
        del schema["default"]
    if schema.get("default") == ():
        schema["default"] = []
    if "enum" in schema and isinstance(schema["enum"][0], str):
        schema["type"] = "string"
    if NUMBER in schema.get("anyOf", ()):
        schema["anyOf"] = [choice for choice in schema["anyOf"] if choice != INTEGER]
    parts = (schema.get("items"), schema.get("additionalProperties"), *schema.get("anyOf", ()))
    for part in (*parts, *schema.get("properties", {}).values()):
        if isinstance(part, dict):
            _tidy(part)


def _compared(kind: type[Any], properties: Json) -> Json:
    """What a row has as well when it is compared."""
    before = {"type": "object", "properties": dict(properties), "required": list(properties)}
    changes = {name: {"type": ["number", "null"]} for name in FIGURES[kind]}
    return {
        "comparison": {
            "description": "With `compare`: the same of the other period.",
            "anyOf": [before, {"type": "null"}],
        },
        "change": {
            "description": "With `compare`: the fraction by which each figure grew; null from 0.",
            "type": "object",
            "properties": changes,
            "required": list(changes),
        },
    }
