"""Connections that are slow, half-open, oversized, chunked or no HTTP at all, to a real server."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from mallard.server import MAX_BODY_BYTES
from tests.end_to_end.process import Server, post, running
from tests.end_to_end.raw import answer, answer_to, connection
from tests.waiting import PATIENCE_SECS

BEGINNINGS = [
    b"",
    b"POST /api/event HTTP/1.1\r\nHost: x\r\n",
    b"POST /api/event HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{",
    b"GET /api/stats/main?site_id=exa",
    b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
]
"""Requests that never end."""

NO_REQUESTS = {
    "nonsense": (b"nonsense\r\n\r\n", 400),
    "a NUL in a header": (b"GET / HTTP/1.1\r\nX: a\0b\r\n\r\n", 400),
    "a header on two lines": (b"GET / HTTP/1.1\r\nX: a\r\n  b\nc\r\n\r\n", 400),
    "a space before the colon": (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400),
    "half an IPv6 address": (b"GET http://[ HTTP/1.1\r\n\r\n", 400),
    "a length that is none": (b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
    "a negative length": (b"POST /api/event HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
    "two lengths": (
        b"POST /api/event HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
        400,
    ),
    "a length and chunks": (
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "a broken chunk": (
        b"POST /api/event HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        400,
    ),
    "chunks before HTTP/1.1": (
        b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n0\r\n\r\n",
        400,
    ),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
    "a host that is none": (b"GET / HTTP/1.1\r\nHost: x/<y>\r\n\r\n", 400),
    "an unknown coding": (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    "endless headers": (b"GET / HTTP/1.1\r\nX: " + b"a" * 300_000 + b"\r\n\r\n", 431),
    "a giant's body": (
        f"POST /api/event HTTP/1.1\r\nContent-Length: {MAX_BODY_BYTES + 1}\r\n\r\n".encode(),
        413,
    ),
}

EXPORT = "/api/export/events?site_id=example.com"
TARGETS = ["/api/event", "/api/auth/login", "/api/keys", "/auth/login", "/api/stats/main", "/"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("odd") / "data", is_arranged=True) as one:
        yield one
        assert not [line for line in one.log if " ERROR " in line]


def test_two_hundred_idle_connections_keep_nobody_waiting(server: Server) -> None:
    """They are never cut off here, so that whoever waited for them would wait in vain."""
    with ExitStack() as stack:
        for number in range(200):
            half_open = stack.enter_context(connection(server.port))
            half_open.sendall(BEGINNINGS[number % len(BEGINNINGS)])
        visitor = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECS)
        for number in range(20):
            assert post(visitor, f"/idle/{number}", site="idle.example") == 202
        assert server.total("idle.example") == 20
        assert server.get("/health/detailed")["status"] == "ok"
        visitor.close()


def test_a_request_in_many_pieces_is_served_when_it_is_whole(server: Server) -> None:
    body = json.dumps({"d": "slow.example", "n": "signup", "u": "/"}).encode()
    head = f"POST /api/event HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with connection(server.port) as connected:
        for number in range(len(head + body)):
            connected.sendall((head + body)[number : number + 1])
        assert answer(connected)[0].status == 202


@pytest.mark.parametrize("name", NO_REQUESTS)
def test_what_is_no_request_is_refused_in_our_form(server: Server, name: str) -> None:
    sent, status = NO_REQUESTS[name]
    response, body = answer_to(server.port, sent)
    assert response.status == status
    assert list(json.loads(body)) == ["error"]
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Request-ID"]
    assert response.headers["Server"] is None


def test_no_log_line_names_a_client_that_sends_nonsense(server: Server) -> None:
    with connection(server.port) as connected:
        _, port = connected.getsockname()
        connected.sendall(b"GET http://[ HTTP/1.1\r\n\r\n")
        answer(connected)
    assert not [line for line in server.log if str(port) in line]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("size", [65_537, 1_000_000])
def test_a_large_body_is_refused_on_every_route(server: Server, target: str, size: int) -> None:
    head = f"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n"
    response, _ = answer_to(server.port, head.encode() + b" " * size)
    assert response.status == 413


@pytest.mark.parametrize("target", TARGETS)
def test_a_large_body_in_chunks_is_refused_too(server: Server, target: str) -> None:
    head = f"POST {target} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    chunks = (b"10000\r\n" + b" " * 65_536 + b"\r\n") * 2 + b"0\r\n\r\n"
    assert answer_to(server.port, head + chunks)[0].status == 413


def test_endless_chunks_are_cut_off(server: Server) -> None:
    head = b"POST /api/event HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = (b"100000\r\n" + b" " * (1 << 20) + b"\r\n") * (MAX_BODY_BYTES // (1 << 20) + 1)
    response, body = answer_to(server.port, head + chunks)
    assert response.status == 413
    assert list(json.loads(body)) == ["error"]


def test_an_event_may_come_in_chunks(server: Server) -> None:
    body = json.dumps({"d": "chunks.example", "n": "signup", "u": "/"}).encode()
    pieces = b"".join(b"%x\r\n%b\r\n" % (1, body[n : n + 1]) for n in range(len(body)))
    head = b"POST /api/event HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert answer_to(server.port, head + pieces + b"0\r\n\r\n")[0].status == 202
    rows = server.get("/api/stats/breakdown/events?site_id=chunks.example")
    assert [row["value"] for row in rows] == ["signup"]


@pytest.mark.parametrize("target", ["/health", "/mallard.js", "/metrics", "/api/event", EXPORT])
def test_an_answer_to_head_has_no_body_at_all(server: Server, target: str) -> None:
    head = f"HEAD {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with connection(server.port) as connected, connected.makefile("rb") as answers:
        connected.sendall(head.encode())
        received = answers.read()
    assert received.startswith(b"HTTP/1.1 200 ")
    assert received.endswith(b"\r\n\r\n")
    assert received.count(b"\r\n\r\n") == 1


def test_a_second_request_on_the_connection_is_its_own(server: Server) -> None:
    """No part of one request can pass for another."""
    both = (
        b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
        b"GET /robots.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    with connection(server.port) as connected, connected.makefile("rb") as answers:
        connected.sendall(both)
        received = answers.read()
    first, second = received.split(b"HTTP/1.1 200 OK\r\n")[1:]
    bodies = [text.partition(b"\r\n\r\n")[2] for text in (first, second)]
    assert bodies == [b"ok", b"User-agent: *\nDisallow: /\n"]
