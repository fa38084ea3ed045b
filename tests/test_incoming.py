"""How much of a request is taken, and of whose: the limits on headers, bodies and chunks."""

from __future__ import annotations

import tempfile

import pytest
from waitress.adjustments import Adjustments

from mallard.incoming import (
    KNOWS_KEY,
    MAX_BETWEEN_CHUNKS,
    MAX_HEADER_BYTES,
    MAX_HEADER_LINES,
    TAKES_LARGE,
    Request,
)
from mallard.web.factory import MAX_BODY_BYTES

PIECE = 8192
CHUNKED = ("Host: localhost", "Transfer-Encoding: chunked")


def a_request(knows: str = "mm_known") -> Request:
    adj = Adjustments(max_request_header_size=MAX_HEADER_BYTES, max_request_body_size=8 << 20)
    setattr(adj, KNOWS_KEY, lambda key: key == knows)
    return Request(adj)


def receive(request: Request, data: bytes) -> Request:
    """Hands the data over piece by piece, as it comes off a socket."""
    for start in range(0, len(data), PIECE):
        piece = data[start : start + PIECE]
        while piece and not request.completed:
            piece = piece[request.received(piece) :]
    return request


def head(*lines: str, method: str = "POST") -> bytes:
    return "\r\n".join([f"{method} /api/events HTTP/1.1", *lines, "", ""]).encode()


def status(request: Request) -> int | None:
    return request.error.code if request.error else None


@pytest.mark.parametrize(("lines", "expected"), [(MAX_HEADER_LINES, None), (101, 431)])
def test_a_hundred_header_lines_are_taken_and_no_more(lines: int, expected: int | None) -> None:
    sent = head(*(f"X-{n}: {n}" for n in range(lines)), method="GET")
    assert status(receive(a_request(), sent)) == expected


@pytest.mark.parametrize(("size", "expected"), [(MAX_HEADER_BYTES - 1, None), (16_384, 431)])
def test_sixteen_kilobytes_of_headers_are_too_many(size: int, expected: int | None) -> None:
    empty = len(head("X: ", method="GET"))
    sent = head("X: " + "a" * (size - empty), method="GET")
    assert status(receive(a_request(), sent)) == expected


def test_headers_that_do_not_end_are_refused_before_they_do() -> None:
    request = receive(a_request(), b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 40_000)
    assert status(request) == 431
    assert len(request.header_plus) <= MAX_HEADER_BYTES


@pytest.mark.parametrize("size", [MAX_BODY_BYTES, MAX_BODY_BYTES + 1, 4 << 20])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_of_a_strangers_body_no_more_is_kept_than_shows_that_it_is_too_large(
    monkeypatch: pytest.MonkeyPatch, size: int, is_chunked: bool
) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", None)
    lines = CHUNKED if is_chunked else ("Host: localhost", f"Content-Length: {size}")
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (size, b" " * size) if is_chunked else b" " * size
    request = receive(a_request(), head(*lines, "X-API-Key: mm_other") + body)
    assert request.completed and request.error is None
    kept = min(size, MAX_BODY_BYTES + 1)
    assert len(request.get_body_stream().read()) == kept
    assert int(request.headers["CONTENT_LENGTH"]) == (kept if is_chunked else size)


@pytest.mark.parametrize("is_chunked", [False, True])
def test_the_body_of_who_has_a_key_is_kept_whole_and_becomes_no_file(
    monkeypatch: pytest.MonkeyPatch, is_chunked: bool
) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", None)
    size = 4 << 20
    lines = CHUNKED if is_chunked else ("Host: localhost", f"Content-Length: {size}")
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (size, b" " * size) if is_chunked else b" " * size
    request = receive(a_request(), head(*lines, "X-API-Key: mm_known") + body)
    assert request.completed and request.error is None
    assert len(request.get_body_stream().read()) == size


@pytest.mark.parametrize("path", [b"/git/one.git/git-upload-pack", b"//git/one.git/x"])
def test_what_a_clone_asks_for_is_taken_whole_of_anybody(path: bytes) -> None:
    request = a_request()
    setattr(request.adj, TAKES_LARGE, lambda path: path.startswith("/git/"))
    size = 1 << 20
    sent = head("Host: localhost", f"Content-Length: {size}").replace(b"/api/events", path)
    receive(request, sent + b" " * size)
    assert len(request.get_body_stream().read()) == size
    request.close()


@pytest.mark.parametrize(
    "between", [b"1" * 40_000, b"1;" + b"a" * 40_000, b"0\r\nX: " + b"a" * 40_000]
)
def test_what_is_between_chunks_cannot_grow(between: bytes) -> None:
    request = receive(a_request(), head(*CHUNKED) + between)
    assert status(request) == 400
    assert request.body_bytes_received <= MAX_BETWEEN_CHUNKS + 2 * PIECE
