"""Posts batches, and reads what became of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from mallard.app import Mallard
from tests.conftest import CHROME, client_of, stored_events

EVENT = {"d": "example.com", "n": "pageview", "u": "https://example.com/"}
LINE = json.dumps(EVENT)

Post = Callable[..., Any]
"""Gives the answer, which has the Mallard beside it."""


class Poster:
    """Posts batches with an Ingest key, to a Mallard that the settings of the first post make."""

    def __init__(self, start: Callable[..., Mallard]) -> None:
        self._start = start
        self._mallard: Mallard | None = None
        self._key = ""

    def __call__(self, body: Any, headers: dict[str, str] | None = None, **settings: Any) -> Any:
        if self._mallard is None:
            self._mallard = self._start(**settings)
            self._key = self._mallard.access.keys.create("importer", "Ingest").key
        response: Any = client_of(self._mallard).post(
            "/api/events",
            data=body if isinstance(body, bytes | str) else json.dumps(body),
            headers={"X-API-Key": self._key, "User-Agent": CHROME} | (headers or {}),
            environ_overrides={"REMOTE_ADDR": "127.0.0.1"},
        )
        response.mallard = self._mallard
        return response


def at(*numbers: int) -> datetime:
    """A time as it is stored: UTC, without saying so."""
    # mypy cannot know that the numbers are too few to reach `tzinfo` and `fold`.
    return datetime(*numbers, tzinfo=UTC).replace(tzinfo=None)  # type: ignore[arg-type,misc]


def summary(response: Any) -> tuple[int, int, list[tuple[int, str]]]:
    """Accepted, dropped, and the errors with their places."""
    assert (response.status_code, response.mimetype) == (200, "application/json"), response.text
    found = json.loads(response.text)
    assert list(found) == ["accepted", "dropped", "errors"]
    errors = [(each["index"], each["error"]) for each in found["errors"]]
    return found["accepted"], found["dropped"], errors


def stored(response: Any) -> list[dict[str, Any]]:
    return stored_events(response.mallard)
