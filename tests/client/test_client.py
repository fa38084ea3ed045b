"""What a program gets with `from mallard.client import Mallard`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from mallard.client import LONGEST_ITEM, Mallard, outbox
from tests.client.conftest import Recorder
from tests.waiting import PATIENCE_SECS

Connect = Callable[..., Mallard]


@pytest.fixture
def connect(recorder: Recorder) -> Iterator[Connect]:
    """Makes clients of the recorder."""
    made: list[Mallard] = []

    def connect_one(app: Flask | None = None, **options: Any) -> Mallard:
        made.append(
            Mallard(app, url=recorder.url, key="mm_key", timeout_secs=PATIENCE_SECS, **options)
        )
        return made[-1]

    yield connect_one
    for one in made:
        one.close()


def run(program: str, *arguments: str) -> None:
    """Runs a program of its own to its end."""
    subprocess.run([sys.executable, "-W", "error", "-c", program, *arguments], check=True)


def test_importing_it_loads_nothing_but_the_standard_library():
    run(
        "import sys, mallard.client\n"
        "ours = {name.partition('.')[0] for name in sys.modules}\n"
        "assert not ours & {'duckdb', 'flask', 'msgspec', 'structlog', 'waitress'}, ours\n"
    )


def test_an_event_says_what_it_is_told(recorder: Recorder, connect: Connect):
    mallard = connect()
    mallard.track(
        "order",
        {"plan": "pro"},
        url="https://example.com/shop",
        referrer="https://a.example/",
        revenue=9.5,
        currency="EUR",
        site_id="example.com",
        client_ip="203.0.113.7",
        user_agent="Firefox",
    )
    assert mallard.flush(PATIENCE_SECS)
    (event,) = recorder.items("/api/events")
    at = datetime.fromisoformat(event.pop("timestamp"))
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=5)
    assert event == {
        "d": "example.com",
        "n": "order",
        "u": "https://example.com/shop",
        "r": "https://a.example/",
        "p": {"plan": "pro"},
        "ra": 9.5,
        "rc": "EUR",
        "client_ip": "203.0.113.7",
        "user_agent": "Firefox",
    }


def test_what_is_not_told_is_not_sent(recorder: Recorder, connect: Connect):
    mallard = connect()
    mallard.track("started")
    mallard.tool_usage("pets", "upload")
    mallard.catalog("category_view", "maps")
    assert mallard.flush(PATIENCE_SECS)
    sent = [recorder.items(path)[0] for path, _ in recorder.posts]
    for item in sent:
        del item["timestamp"]
    assert sorted(sent, key=str) == [
        {"d": "portal", "n": "started", "u": "https://portal/"},
        {"event": "category_view", "detail": "maps"},
        {"tool": "pets", "event": "upload"},
    ]


def test_the_request_that_flask_serves_tells_who_asks(recorder: Recorder, connect: Connect):
    app = Flask("host")
    mallard = connect(app)

    @app.get("/search")
    def search() -> str:
        mallard.track("pageview")
        mallard.catalog("search", "beetle", 3)
        return "found"

    headers = {"User-Agent": "Firefox", "Referer": "https://a.example/x"}
    app.test_client().get(
        "/search?q=beetle", headers=headers, environ_overrides={"REMOTE_ADDR": "203.0.113.9"}
    )
    assert mallard.flush(PATIENCE_SECS)
    (view,) = recorder.items("/api/events")
    assert (view["u"], view["r"]) == ("http://localhost/search?q=beetle", "https://a.example/x")
    (looked,) = recorder.items("/api/portal/catalog")
    assert (looked["detail"], looked["result_count"]) == ("beetle", 3)
    for item in (view, looked):
        assert (item["client_ip"], item["user_agent"]) == ("203.0.113.9", "Firefox")
    assert app.extensions["mallard"] is mallard


def test_a_very_long_address_is_sent_without_its_query(recorder: Recorder, connect: Connect):
    app = Flask("host")
    mallard = connect()
    mallard.init_app(app)
    with app.test_request_context("/page", query_string="q=" + "x" * 3000):
        mallard.track("pageview")
    assert mallard.flush(PATIENCE_SECS)
    assert recorder.items("/api/events")[0]["u"] == "http://localhost/page"


@pytest.mark.parametrize(
    "props", [{"a": object()}, {"a": float("nan")}, {"a": "x" * LONGEST_ITEM}, {"a": {1}}]
)
def test_what_cannot_be_sent_is_logged_and_never_raises(
    recorder: Recorder, connect: Connect, caplog: pytest.LogCaptureFixture, props: Any
):
    mallard = connect()
    mallard.track("odd", props)
    assert mallard.flush(PATIENCE_SECS)
    assert recorder.posts == []
    assert "An event for /api/events cannot be sent" in caplog.text


def test_what_is_left_is_sent_when_the_program_ends(recorder: Recorder):
    program = (
        "import sys\n"
        "from mallard import client\n"
        "client.CLOSING_SECS = 300\n"
        "mallard = client.Mallard(\n"
        "    url=sys.argv[1], key='k', gather_secs=3600, timeout_secs=300)\n"
        "for number in range(450):\n"
        "    mallard.track('left', {'number': number})\n"
    )
    run(program, recorder.url)
    numbers = [item["p"]["number"] for item in recorder.items("/api/events")]
    assert numbers == list(range(450))


def test_a_forked_child_sends_its_own_events_and_not_its_parents(recorder: Recorder):
    program = (
        "import os, sys\n"
        "from mallard import client\n"
        "client.CLOSING_SECS = 300\n"
        "mallard = client.Mallard(\n"
        "    url=sys.argv[1], key='k', gather_secs=3600, timeout_secs=300)\n"
        "mallard.track('parent')\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    mallard.track('child')\n"
        "    assert mallard.flush()\n"
        "    os._exit(0)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
    )
    # A thread runs already when it forks, which Python may warn of.
    subprocess.run([sys.executable, "-c", program, recorder.url], check=True)
    assert sorted(item["n"] for item in recorder.items("/api/events")) == ["child", "parent"]


def test_a_server_that_is_away_for_a_while_gets_everything_once(
    connect: Connect, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(outbox, "FIRST_PAUSE_SECS", 0.01)
    recorder.answers = [(503, "busy"), (503, "busy")]
    mallard = connect()
    mallard.track("first")
    assert mallard.flush(PATIENCE_SECS)
    mallard.track("second")
    assert mallard.flush(PATIENCE_SECS)
    names = [item["n"] for item in recorder.items("/api/events")]
    assert names == ["first", "first", "first", "second"]
