"""The API in Markdown, from its OpenAPI document: each operation with a request that works."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import urlencode

from mallard.web.api.openapi import describe
from mallard.web.api.reference import bounds, kind, needed, pretty
from mallard.web.blueprints import BLUEPRINTS
from mallard.web.mail.room import BLUEPRINTS as OF_MAIL
from mallard.web.portal.room import BLUEPRINTS as OF_A_PORTAL

Json = dict[str, Any]
SERVER = "http://localhost:8000"
KEY = "mm_..."
ALSO = frozenset(("steps", "d", "u"))
"""Parameters without which nothing comes of a request, though there are other ways to say it."""


@cache
def whole() -> Json:
    """The description of an instance that has everything."""
    return describe((*BLUEPRINTS, *OF_MAIL, *OF_A_PORTAL))


def page() -> str:
    """A chapter for each subject, and in it each operation."""
    api = whole()
    chapters = []
    for tag in api["tags"]:
        chapters.append(f"## {tag['name']}\n\n{tag['description']}")
        for path, item in api["paths"].items():
            for method, operation in item.items():
                if operation["tags"][0] == tag["name"]:
                    chapters.append("\n\n".join(_operation(method.upper(), path, operation)))
    return "\n\n".join(chapters)


def _operation(method: str, path: str, operation: Json) -> Iterator[str]:
    yield f"### {operation['summary']} {{ #{operation['operationId']} }}"
    yield f"`{method} {path}`"
    if "description" in operation:
        yield str(operation["description"])
    yield f"*{needed(operation)}*"
    parameters = [_resolved(parameter) for parameter in operation.get("parameters", ())]
    if parameters:
        yield _table(parameters)
    yield f"```sh\n{request(method, path, operation, parameters)}\n```"
    for status, reply in operation["responses"].items():
        if status < "300":
            yield from _answer(status, _resolved(reply))


def request(method: str, path: str, operation: Json, parameters: list[Json]) -> str:
    """The command that asks for it, with what it needs and nothing else."""
    words = ["curl", *(["-X", method] if method != "GET" else [])]
    if operation["security"] and {} not in operation["security"]:
        words += ["-H", f"X-API-Key: {KEY}"]
    asked = {one["name"]: one for one in parameters if one.get("required") or one["name"] in ALSO}
    for name, one in asked.items():
        if one["in"] == "path":
            path = path.replace(f"{{{name}}}", str(_example(one)))
    query = [(name, _example(one)) for name, one in asked.items() if one["in"] == "query"]
    address = f"{SERVER}{path}" + (f"?{urlencode(query)}" if query else "")
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    command = shlex.join([*words, address])
    if body is None:
        return command
    sent = json.dumps(body["example"], ensure_ascii=False)
    return f"{command} \\\n  -H 'Content-Type: application/json' -d {shlex.quote(sent)}"


def _example(parameter: Json) -> object:
    schema = parameter["schema"]
    if "example" in parameter:
        return parameter["example"]
    return schema["enum"][0] if "enum" in schema else schema.get("default", "")


def _table(parameters: list[Json]) -> str:
    rows = ["| parameter | kind | what it is |", "|---|---|---|"]
    for parameter in parameters:
        name = f"`{parameter['name']}`" + (" *required*" if parameter.get("required") else "")
        more = bounds(parameter["schema"])
        about = f"{parameter['description']}{f' *{more}*' if more else ''}"
        cells = (name, kind(parameter["schema"]), about)
        rows.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(rows)


def _answer(status: str, reply: Json) -> Iterator[str]:
    contents: Json = reply.get("content", {})
    kinds = ", ".join(f"`{name}`" for name in contents)
    yield f"**{status}** {reply['description']}" + (f" ({kinds})" if kinds else "")
    for mimetype, content in contents.items():
        if "example" in content:
            language = "json" if mimetype == "application/json" else "text"
            yield f"```{language}\n{pretty(content['example'])}\n```"


def _resolved(part: Json) -> Json:
    if "$ref" not in part:
        return part
    found = whole()
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found
