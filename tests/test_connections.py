"""Connections by themselves: how long a request may take, and how many there may be."""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from waitress.adjustments import Adjustments

from mallard.connections import FILES_BESIDE, KNOWS_KEY, Channel, close_stalled, make_room

LONG_AGO = 1_000.0


@pytest.fixture
def channel() -> Iterator[Channel]:
    ours, theirs = socket.socketpair()
    server = SimpleNamespace(add_task=[].append, active_channels={}, pull_trigger=lambda: None)
    with ours, theirs:
        yield Channel(server, ours, ("", 0), Adjustments(), {})


def receive(channel: Channel, data: bytes) -> float:
    """Hands the data over as waitress does; what it then takes for the last activity."""
    channel.last_activity = int(time.time()) + 1
    channel.received(data)
    return channel.last_activity


def test_a_byte_now_and_then_does_not_keep_a_request_alive(channel: Channel) -> None:
    begun = receive(channel, b"GET /health HTTP/1.1\r\n")
    channel._begun = LONG_AGO
    assert begun < time.time() + 1
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
    channel.outbufs[-1].append(unsent)
    channel.total_outbufs_len = len(unsent)
    channel.last_activity = int(LONG_AGO)
    close_stalled([channel], LONG_AGO)
    assert channel.connected
    close_stalled([channel], LONG_AGO + 1)
    assert channel.connected is is_open


def test_who_waited_long_for_an_answer_has_time_to_take_it(channel: Channel) -> None:
    channel.last_activity = int(LONG_AGO)
    channel.write_soon(b"an answer")
    close_stalled([channel], time.time() - 10)
    assert channel.connected
    assert channel.last_activity > LONG_AGO


@pytest.mark.parametrize(
    ("header", "is_held"),
    [("X-API-Key: mm_known", True), ("X-API-Key: mm_other", False), ("", False)],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_the_body_of_who_has_a_key_never_becomes_a_temporary_file(
    channel: Channel, header: str, is_held: bool, chunked: bool
) -> None:
    setattr(channel.adj, KNOWS_KEY, lambda key: key == "mm_known")
    size = channel.adj.inbuf_overflow + 1
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {size}"
    lines = ["POST /api/events HTTP/1.1", "Host: localhost", length, header]
    receive(channel, "\r\n".join([*lines, "", ""]).encode())
    if chunked:
        receive(channel, b"%x\r\n" % size)
    receive(channel, b" " * size)
    request = channel.requests[0] if channel.requests else channel.request
    assert request is not None and request.body_rcv is not None
    assert request.body_rcv.getbuf().overflowed is not is_held
    request.close()


@pytest.fixture
def set_limit() -> Iterator[Callable[[int], None]]:
    """Changes how many files this process may open, until the test ends."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield lambda limit: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_connections_leave_room_for_files(set_limit: Callable[[int], None]) -> None:
    set_limit(1024)
    make_room(1000)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert soft == 1000 + FILES_BESIDE or soft == hard


def test_a_higher_limit_stays(set_limit: Callable[[int], None]) -> None:
    set_limit(600)
    make_room(-FILES_BESIDE + 500)
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 600
