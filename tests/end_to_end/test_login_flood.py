"""Someone tries passwords, many at once from as many addresses: only logins wait for him."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.end_to_end.process import Server, post, running

GUESSES = 50
SOON_SECS = 1.0
"""Far longer than any other request takes alone, far shorter than all the guesses together."""

OTHERS = {"/health": 200, "/health/detailed": 200, "/login": 200, "/api/stats/main": 401}
"""What others ask for meanwhile, and how it is answered."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data_dir = tmp_path_factory.mktemp("flood") / "data"
    with running(data_dir, admin_password="correct horse") as one:
        yield one


def ask(server: Server, method: str, path: str, body: str = "", address: str = "") -> int:
    """The status of the answer on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request(method, path, body, {"X-Forwarded-For": address})
    status = connection.getresponse().status
    connection.close()
    return status


def waits(server: Server) -> Iterator[tuple[str, float]]:
    """What others ask for once, and how many seconds each answer took."""
    visitor = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    begun = time.monotonic()
    assert post(visitor, "/") == 202
    yield "/api/event", time.monotonic() - begun
    visitor.close()
    for path, status in OTHERS.items():
        begun = time.monotonic()
        assert ask(server, "GET", path) == status
        yield path, time.monotonic() - begun


@pytest.mark.parametrize("login", ["/api/auth/login", "//api/auth/login"])
def test_nobody_else_waits(server: Server, login: str) -> None:
    guess = json.dumps({"password": "not the one"})
    longest: dict[str, float] = {}
    with ThreadPoolExecutor(GUESSES) as pool:
        guesses = [
            pool.submit(ask, server, "POST", login, guess, f"203.0.113.{number}")
            for number in range(GUESSES)
        ]
        while not all(found.done() for found in guesses):
            for path, secs in waits(server):
                longest[path] = max(secs, longest.get(path, 0.0))
    assert {found.result() for found in guesses} <= {401, 429}
    assert max(longest.values()) < SOON_SECS, longest
