"""Connections on which anything can be sent, not only what an HTTP client would."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse

from tests.waiting import PATIENCE_SECS


@contextmanager
def connection(port: int) -> Iterator[socket.socket]:
    """A connection to the server."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECS) as connected:
        yield connected


def answer(connected: socket.socket) -> tuple[HTTPResponse, bytes]:
    """The next answer, and its body."""
    response = HTTPResponse(connected)
    response.begin()
    return response, response.read()


def answer_to(port: int, request: bytes) -> tuple[HTTPResponse, bytes]:
    """The answer to a request on a connection of its own."""
    with connection(port) as connected:
        connected.sendall(request)
        return answer(connected)
