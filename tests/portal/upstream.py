"""A server of the tests' own, from which the portal fetches: it answers as a test tells it to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers by the table of its server."""

    protocol_version = "HTTP/1.1"
    server: Any
    asked: Seen

    def do_GET(self) -> None:
        upstream: Upstream = self.server.upstream
        length = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(length)
        self.asked = Seen(self.command, self.path, dict(self.headers.items()), body)
        upstream.seen.append(self.asked)
        upstream.answer(self)

    do_HEAD = do_POST = do_GET

    def log_message(self, format: str, *arguments: Any) -> None:
        """Keep the test run quiet."""

    def say(self, status: int, body: bytes = b"", **headers: str) -> None:
        """A whole answer."""
        self.send_response(status)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in ({"Content-Length": str(len(body))} | named).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def break_off(self, status: int, body: bytes, **headers: str) -> None:
        """A part of an answer, and no more."""
        self.say(status, body, **headers)
        self.wfile.flush()
        self.close_connection = True


def missing(handler: Handler) -> None:
    """What is not in the table."""
    handler.say(404)


@dataclass(frozen=True)
class Seen:
    """A request that came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Upstream:
    """The server's address, what it answers, and what it was asked."""

    url: str
    answers: dict[str, Answer] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def answer(self, handler: Handler) -> None:
        """Answers a request by the table."""
        self.answers.get(handler.path, missing)(handler)

    def has(self, path: str, body: bytes, **headers: str) -> None:
        """From now on there is a file of this content."""
        self.answers[path] = lambda handler: handler.say(200, body, **headers)


class QuietServer(ThreadingHTTPServer):
    """Clients that go away are no news."""

    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep the test run quiet."""


@contextmanager
def an_upstream(kind: Callable[[str], Upstream] = Upstream) -> Iterator[Upstream]:
    """Serves until the end of the block."""
    with QuietServer(("127.0.0.1", 0), Handler) as server:
        upstream = kind(f"http://127.0.0.1:{server.server_port}")
        server.upstream = upstream  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield upstream
        finally:
            server.shutdown()
            thread.join()
