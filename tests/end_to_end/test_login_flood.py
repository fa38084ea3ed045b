"""Someone tries passwords, many at once from as many addresses: only logins wait for him."""

from __future__ import annotations

import http.client
import json
import select
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.end_to_end.process import Server, post, running
from tests.end_to_end.raw import answer, connection
from tests.waiting import PATIENCE_SECS

THREADS = 8
GUESSES = 2 * THREADS
MANY_GUESSES = 150

OTHERS = {"/health": 200, "/health/detailed": 200, "/login": 200, "/api/stats/main": 401}
"""What others ask for meanwhile, and how it is answered."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data_dir = tmp_path_factory.mktemp("flood") / "data"
    with running(data_dir, admin_password="correct horse", server_threads=THREADS) as one:
        yield one


def ask(server: Server, method: str, path: str, body: str = "", address: str = "") -> int:
    """The status of the answer on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECS)
    connection.request(method, path, body, {"X-Forwarded-For": address})
    status = connection.getresponse().status
    connection.close()
    return status


def ask_for_others(server: Server) -> Iterator[str]:
    """What others ask for once, each when it has been answered."""
    visitor = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECS)
    assert post(visitor, "/") == 202
    yield "/api/event"
    visitor.close()
    for path, status in OTHERS.items():
        assert ask(server, "GET", path) == status
        yield path


@pytest.mark.parametrize("login", ["/api/auth/login", "//api/auth/login"])
def test_nobody_else_waits(server: Server, login: str) -> None:
    guess = json.dumps({"password": "not the one"})
    waited_for: dict[str, int] = {}
    with ThreadPoolExecutor(GUESSES) as pool:
        guesses = [
            pool.submit(ask, server, "POST", login, guess, f"203.0.113.{number}")
            for number in range(GUESSES)
        ]
        while (before := sum(found.done() for found in guesses)) < GUESSES:
            for path in ask_for_others(server):
                after = sum(found.done() for found in guesses)
                waited_for[path] = max(after - before, waited_for.get(path, 0))
                before = after
    assert {found.result() for found in guesses} <= {401, 429}
    assert max(waited_for.values()) < GUESSES / 2, waited_for


def login_of(password: str, address: str) -> bytes:
    """A request that signs in, as it goes over the wire."""
    body = json.dumps({"password": password}).encode()
    head = f"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {address}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def test_whoever_has_got_in_before_waits_for_no_guess(tmp_path: Path) -> None:
    """Of those who guess, each from an address of its own, half have not had their turn by then.

    What they have asked for takes long to hash, so the server is killed with it.
    """
    home = "198.51.100.7"
    right = json.dumps({"password": "correct horse"})
    with running(tmp_path / "data", admin_password="correct horse") as server, ExitStack() as stack:
        assert ask(server, "POST", "/api/auth/login", right, home) == 200
        guessers = [stack.enter_context(connection(server.port)) for _ in range(MANY_GUESSES)]
        for number, guesser in enumerate(guessers):
            guesser.sendall(login_of("not the one", f"198.18.{number}.1"))
        assert select.select(guessers, [], [], PATIENCE_SECS)[0], "a guess is answered"
        assert ask(server, "POST", "/api/auth/login", right, home) == 200
        before_the_admin = select.select(guessers, [], [], 0)[0]
        server.stop(signal.SIGKILL)
        assert {answer(guesser)[0].status for guesser in before_the_admin} == {401}
    assert len(before_the_admin) < MANY_GUESSES / 2
