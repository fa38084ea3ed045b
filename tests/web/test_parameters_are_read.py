"""A route reads the parameters that it declares, and no others."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from werkzeug.test import Client

from mallard.web import blueprints
from mallard.web.api import asking
from mallard.web.api.openapi import document
from mallard.wsgi import application

GOOD = {"site_id": "example.com", "steps": "page:/,event:a", "page": "/"}
DAYS = {"start_date": "2026-03-18", "end_date": "2026-03-19"}
OF_EVERY_QUERY = {
    "site_id",
    "period",
    "start_date",
    "end_date",
    "filter",
    "imported",
    "interval",
    "limit",
}
"""A query is made of these, whether its report uses them or not."""


class Noting(dict[str, Any]):
    """A request's arguments; it notes which of them are asked for."""

    read: set[str]

    def get(self, name: str, default: Any = None) -> Any:
        self.read.add(name)
        return super().get(name, default)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of the arguments that routes have asked for."""
    names: set[str] = set()

    def args() -> Noting:
        noting = Noting(arguments())
        noting.read = names
        return noting

    arguments = asking.args
    for blueprint in blueprints.BLUEPRINTS:
        module = sys.modules[blueprint.import_name]
        if getattr(module, "args", None) is arguments:
            monkeypatch.setattr(module, "args", args)
    monkeypatch.setattr(asking, "args", args)
    return names


def declared(operation: dict[str, Any]) -> set[str]:
    known = document()["components"]["parameters"]
    found = [known[part["$ref"].rpartition("/")[2]] for part in operation.get("parameters", ())]
    return {parameter["name"] for parameter in found if parameter["in"] == "query"}


READERS = [
    (method, path, names)
    for path, item in document()["paths"].items()
    for method, operation in item.items()
    if "site_id" in (names := declared(operation)) and path != "/api/diagnostics"
]


@pytest.mark.parametrize(("method", "path", "names"), READERS)
def test_what_is_declared_is_read_and_nothing_else(
    start, read: set[str], method: str, path: str, names: set[str]
) -> None:
    mallard = start(admin_password="correct horse")
    key = {"X-API-Key": mallard.access.keys.create("test", "Admin").key}
    url = path.replace("{dimension}", "pages")
    client = Client(application(mallard))
    response = client.open(url, method=method, query_string=GOOD | DAYS, headers=key)
    assert response.status_code == 200, response.text
    assert names <= read <= names | OF_EVERY_QUERY
