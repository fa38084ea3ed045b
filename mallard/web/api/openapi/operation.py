"""What is said about one operation of the API, and how it reads in OpenAPI 3.1."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from mallard.auth.keys import Scope

Json = dict[str, Any]


class Access(enum.Enum):
    """Who may ask."""

    ANYBODY = enum.auto()
    READER = enum.auto()
    SENDER = enum.auto()
    ADMIN = enum.auto()
    METRICS_TOKEN = enum.auto()


def _keys(scope: Scope) -> list[Json]:
    return [{"bearerKey": [scope]}, {"headerKey": [scope]}]


_SESSION: Json = {"session": []}


SECURITY: Mapping[Access, list[Json]] = {
    Access.ANYBODY: [],
    Access.READER: [*_keys(Scope.READ_ONLY), _SESSION],
    Access.SENDER: _keys(Scope.INGEST),
    Access.ADMIN: [*_keys(Scope.ADMIN), _SESSION],
    Access.METRICS_TOKEN: [{}, {"metricsToken": []}],
}
"""What each kind of access asks for: any one of a list is enough."""

REFUSALS_OF_ACCESS = {
    Access.READER: (401,),
    Access.SENDER: (401, 403),
    Access.ADMIN: (401, 403),
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    name: str
    """Its operationId."""
    tag: str
    summary: str
    answers: Mapping[int, Json]
    """What it answers when all is well, by status."""
    description: str = ""
    parameters: Sequence[str] = ()
    """Names of PARAMETERS."""
    body: Json | None = None
    refusals: Sequence[int] = ()
    """Statuses of further answers, all of them errors as in REFUSALS."""
    access: Access = Access.READER
    own_refusals: Mapping[int, Json] = field(default_factory=dict)
    """Refusals that look different here."""

    def to_json(self) -> Json:
        """The operation in the words of OpenAPI."""
        described: Json = {
            "operationId": self.name,
            "tags": [self.tag],
            "summary": self.summary,
            "description": self.description,
            "parameters": [{"$ref": f"#/components/parameters/{n}"} for n in self.parameters],
            "requestBody": self.body,
            "responses": self._responses(),
        }
        shown = {key: value for key, value in described.items() if value}
        return shown | {"security": SECURITY[self.access]}

    def _responses(self) -> Json:
        refusals = {*self.refusals, *REFUSALS_OF_ACCESS.get(self.access, ())}
        found = {status: _refusal(status) for status in refusals}
        every = found | dict(self.own_refusals) | dict(self.answers)
        return {str(status): every[status] for status in sorted(every)}


def refusal_name(status: int) -> str:
    """What an error's description is filed under, such as NotFound."""
    return HTTPStatus(status).phrase.title().replace(" ", "").replace("-", "")


def _refusal(status: int) -> Json:
    return {"$ref": f"#/components/responses/{refusal_name(status)}"}


def answer(description: str, schema: Json, example: object, **headers: str) -> Json:
    """A JSON answer."""
    content = {"application/json": {"schema": schema, "example": example}}
    return {"description": description, "content": content} | _headers(headers)


def plain(description: str, example: str) -> Json:
    """An answer of plain text."""
    content = {"text/plain": {"schema": {"type": "string"}, "example": example}}
    return {"description": description, "content": content}


def file(description: str, *mimetypes: str) -> Json:
    """An answer to be saved as a file, in one of several formats."""
    content = {mimetype: {"schema": {"type": "string"}} for mimetype in mimetypes}
    return {"description": description, "content": content}


def body(schema: str, example: object, description: str = "") -> Json:
    """A JSON body, which must be there."""
    content = {"application/json": {"schema": ref(schema), "example": example}}
    said = {"description": description} if description else {}
    return {**said, "required": True, "content": content}


def ref(schema: str) -> Json:
    """A reference to one of the schemas."""
    return {"$ref": f"#/components/schemas/{schema}"}


def rows(schema: str) -> Json:
    """An array of one of the schemas."""
    return {"type": "array", "items": ref(schema)}


def _headers(described: Mapping[str, str]) -> Json:
    if not described:
        return {}
    return {
        "headers": {
            name.replace("_", "-"): {"description": text, "schema": {"type": "string"}}
            for name, text in described.items()
        }
    }
