"""Connections by themselves: how long a client may be silent, by a clock that nobody sets."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from waitress.adjustments import Adjustments

from mallard.connections import Channel, close_silent
from mallard.incoming import Request
from mallard.web.rates import TURNED_AWAY

LONG_AGO = -1_000.0


ASK = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def server_of(application: Any) -> Any:
    """As much of waitress's server as connections need."""
    server = SimpleNamespace(
        add_task=[].append,
        active_channels={},
        pull_trigger=lambda: None,
        application=application,
        adj=Adjustments(),
    )
    server.effective_host, server.effective_port, server.server_name = "x", 80, "x"
    return server


def conversation(asked: bytes, **changes: Any) -> tuple[bytes, dict[str, Any], Channel]:
    """What a connection answers, the last environment of the application, and the connection."""
    seen: dict[str, Any] = {}

    def answer(environ: dict[str, Any], start: Any) -> list[bytes]:
        seen.update(environ)
        start("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    ours, theirs = socket.socketpair()
    with ours, theirs:
        channel = Channel(server_of(answer), ours, ("", 0), Adjustments(), {})
        channel.received(asked)
        for name, value in changes.items():
            setattr(channel if hasattr(channel, name) else channel.requests[0], name, value)
        while channel.requests:
            channel.service()
        channel.handle_write()
        return theirs.recv(65_536), seen, channel


@pytest.mark.parametrize(
    "asked", [ASK * 3, ASK.replace(b"1.1\r\n", b"1.0\r\nConnection: keep-alive\r\n") * 3]
)
def test_who_leaves_is_told_so_with_the_answer_and_gets_no_other(asked: bytes) -> None:
    answers, _, channel = conversation(asked, is_leaving=True)
    assert (answers.count(b"200 OK"), answers.count(b"Connection: close")) == (1, 1)
    assert b"Keep-Alive" not in answers
    assert not channel.connected


def test_who_stays_gets_all_answers_and_they_are_counted() -> None:
    answers, environ, channel = conversation(ASK * 3)
    assert (answers.count(b"200 OK"), channel.answered) == (3, 3)
    assert channel.connected
    assert TURNED_AWAY not in environ


def test_the_application_knows_who_is_turned_away() -> None:
    _, environ, _ = conversation(ASK, is_turned_away=True)
    assert environ[TURNED_AWAY]


HEAD = b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(("hangs_up", "has_waited"), [(True, True), (True, False), (False, True)])
def test_who_hung_up_while_waiting_is_not_answered_any_more(
    hangs_up: bool, has_waited: bool
) -> None:
    asked: list[str] = []

    def answer(environ: dict[str, Any], start: Any) -> list[bytes]:
        asked.append(environ["PATH_INFO"])
        start("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    ours, theirs = socket.socketpair()
    with ours, theirs:
        channel = Channel(server_of(answer), ours, ("", 0), Adjustments(), {})
        channel.received(HEAD)
        cast(Request, channel.requests[0]).has_waited = has_waited
        if hangs_up:
            theirs.close()
        channel.service()
        assert asked == ([] if hangs_up and has_waited else ["/login"])
        assert channel.is_idle
        channel.handle_write()
        assert channel.connected is not hangs_up


@pytest.fixture
def channel() -> Iterator[Channel]:
    ours, theirs = socket.socketpair()
    server = SimpleNamespace(add_task=[].append, active_channels={}, pull_trigger=lambda: None)
    with ours, theirs:
        yield Channel(server, ours, ("", 0), Adjustments(), {})


def receive(channel: Channel, data: bytes) -> float:
    """Hands the data over as waitress does; what it then takes for the last activity."""
    channel.last_activity = 0
    channel.received(data)
    return channel.last_activity


def test_a_byte_now_and_then_does_not_keep_a_request_alive(channel: Channel) -> None:
    begun = receive(channel, b"GET /health HTTP/1.1\r\n")
    channel._begun = LONG_AGO
    assert begun <= time.monotonic()
    assert receive(channel, b"X: a") == LONG_AGO
    assert receive(channel, b"b\r\n") == LONG_AGO


def test_a_request_that_is_whole_counts_as_activity(channel: Channel) -> None:
    receive(channel, b"GET /health HTTP/1.1\r\n")
    channel._begun = LONG_AGO
    assert receive(channel, b"\r\n") > LONG_AGO


def test_the_next_request_has_its_own_time(channel: Channel) -> None:
    receive(channel, b"GET /health HTTP/1.1\r\n")
    channel._begun = LONG_AGO
    assert receive(channel, b"\r\nGET /he") > LONG_AGO


@pytest.mark.parametrize(("unsent", "is_open"), [(b"", True), (b"the rest of an answer", False)])
def test_who_takes_nothing_of_an_answer_is_cut_off(
    channel: Channel, unsent: bytes, is_open: bool
) -> None:
    channel.requests = [Request(channel.adj)]
    channel.outbufs[-1].append(unsent)
    channel.total_outbufs_len = len(unsent)
    channel._active_at = LONG_AGO
    close_silent([channel], LONG_AGO)
    assert channel.connected
    close_silent([channel], LONG_AGO + 1)
    assert channel.connected is is_open


def test_who_waited_long_for_an_answer_has_time_to_take_it(channel: Channel) -> None:
    channel._active_at = LONG_AGO
    channel.write_soon(b"an answer")
    close_silent([channel], time.monotonic() - 10)
    assert channel.connected
    assert channel.last_activity > LONG_AGO


@pytest.mark.parametrize("sent", [b"", b"GET /health HTTP/1.1\r\nX: half"])
def test_who_is_silent_or_sends_half_a_request_is_cut_off(channel: Channel, sent: bytes) -> None:
    channel.received(sent)
    since = channel.last_activity
    close_silent([channel], since)
    assert channel.connected
    close_silent([channel], since + 0.001)
    assert not channel.connected


@pytest.mark.parametrize("wall_clock", [0.0, 1e12])
def test_the_wall_clock_says_nothing_about_how_long_a_client_is_silent(
    channel: Channel, wall_clock: float
) -> None:
    before = time.monotonic()
    channel.last_activity = wall_clock
    assert before <= channel.last_activity <= time.monotonic()


def test_a_connection_tells_whether_there_is_something_to_read() -> None:
    ours, theirs = socket.socketpair()
    server = SimpleNamespace(add_task=[].append, active_channels={}, pull_trigger=lambda: None)
    with ours, theirs:
        channel = Channel(server, ours, ("", 0), Adjustments(), {})
        assert not channel.has_sent_more
        theirs.sendall(b"x")
        assert channel.has_sent_more
