"""Someone tries passwords, many at once from as many addresses: only logins wait for him."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.end_to_end.process import Server, post, running
from tests.waiting import PATIENCE_SECS, until

THREADS = 8
GUESSES = 2 * THREADS
MANY_GUESSES = 40

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


def test_whoever_has_got_in_before_waits_for_no_guess(server: Server) -> None:
    """Of those who guess, each from an address of its own, half have not had their turn by then."""
    right = json.dumps({"password": "correct horse"})
    wrong = json.dumps({"password": "not the one"})
    home = "198.51.100.7"
    assert ask(server, "POST", "/api/auth/login", right, home) == 200
    done: list[int] = []

    def guess(number: int) -> None:
        done.append(ask(server, "POST", "/api/auth/login", wrong, f"198.18.{number}.1"))

    with ThreadPoolExecutor(MANY_GUESSES) as pool:
        for number in range(MANY_GUESSES):
            pool.submit(guess, number)
        until(lambda: len(done) > 0, "a guess is answered")
        assert ask(server, "POST", "/api/auth/login", right, home) == 200
        before_the_admin = len(done)
    assert set(done) == {401}
    assert before_the_admin < MANY_GUESSES / 2
