"""The front door: where a request goes, what it is called, and what a failure behind it shows."""

from __future__ import annotations

import json
import uuid

import pytest
from werkzeug.test import Client

from mallard import logs
from mallard.web.front_door import FrontDoor, request_id
from tests.conftest import post_event

EVENT = {"d": "example.com", "n": "pageview", "u": "https://example.com/"}
SECRET = "the password is swordfish"


def answering(seen: list[str | None]):
    """An application that notes under which name a request came."""

    def answer(environ, start):
        seen.append(logs.request_id.get())
        start("200 OK", [("Content-Type", "text/plain")])
        return [environ["PATH_INFO"].encode()]

    return answer


A_UUID = "6f1c2a8e-3f57-4d0e-9b1a-2d4c5e6f7a8b"


def failing(environ, start):
    raise RuntimeError(SECRET)


@pytest.mark.parametrize("offered", ["a", "A-z-0-9", "-", "x" * 64, A_UUID])
def test_a_fitting_name_of_the_clients_is_kept(client: Client, offered: str) -> None:
    for response in (
        client.get("/health", headers={"X-Request-ID": offered}),
        post_event(client, EVENT, X_Request_ID=offered),
    ):
        assert response.headers.getlist("X-Request-ID") == [offered]


@pytest.mark.parametrize("offered", ["", "x" * 65, "a b", "a_b", "ü", "a\tb", "<b>", "a;b", None])
def test_any_other_name_is_replaced_by_ours(offered: str | None) -> None:
    ours = request_id(offered)
    assert str(uuid.UUID(ours)) == ours


def test_every_request_has_a_name_of_its_own(client: Client) -> None:
    names = {client.get("/health").headers["X-Request-ID"] for _ in range(5)}
    assert len(names) == 5


def test_a_request_is_called_by_its_name_while_it_is_answered_and_no_longer() -> None:
    seen: list[str | None] = []
    client = Client(FrontDoor(answering(seen), answering(seen)))
    for path in ("/api/event", "/"):
        client.get(path, headers={"X-Request-ID": "mine"})
    assert seen == ["mine", "mine"]
    assert logs.request_id.get() is None


@pytest.mark.parametrize(
    ("path", "is_collected"),
    [
        ("/api/event", True),
        ("/api/event/", False),
        ("/api/Event", False),
        ("//api/event", False),
        ("/", False),
        ("/api/event%20", False),
    ],
)
def test_only_events_go_to_the_collector(path: str, is_collected: bool) -> None:
    collected: list[str | None] = []
    Client(FrontDoor(answering(collected), answering([]))).get(path)
    assert bool(collected) is is_collected


@pytest.mark.parametrize("path", ["/api/event", "/", "/api/stats/main"])
def test_a_failure_tells_the_client_nothing(path: str, capsys) -> None:
    client = Client(FrontDoor(failing, failing))
    response = client.get(path, headers={"X-Request-ID": "mine"})
    assert response.status_code == 500
    assert json.loads(response.text) == {"error": "internal error"}
    assert SECRET not in str(response.headers)
    assert response.headers["X-Request-ID"] == "mine"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert SECRET in "".join(capsys.readouterr()), "the operator must find it in the log"


def test_a_failure_ends_the_name_too() -> None:
    Client(FrontDoor(failing, failing)).get("/")
    assert logs.request_id.get() is None
