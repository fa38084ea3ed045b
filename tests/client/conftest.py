"""A server that writes down what a client sends, and answers as it is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from tests.conftest import served

TAKEN = '{"accepted": 1, "dropped": 0, "errors": []}'


@dataclass
class Recorder:
    """What came, in order: the path and the JSON of each request, and its headers."""

    url: str = ""
    answers: list[tuple[int, str]] = field(default_factory=list)
    """Status and body of the next answers; after them everything is taken."""
    posts: list[tuple[str, list[dict[str, Any]]]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def answer(self, request: Request) -> Response:
        self.posts.append((request.path, json.loads(request.get_data())))
        self.headers.append(dict(request.headers))
        status, body = self.answers.pop(0) if self.answers else (200, TAKEN)
        return Response(body, status)

    def items(self, path: str) -> list[dict[str, Any]]:
        """Everything that was sent to a path."""
        return [item for asked, items in self.posts if asked == path for item in items]


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    with served(Request.application(recorder.answer)) as url:
        recorder.url = url
        yield recorder
