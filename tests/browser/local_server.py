"""A web server of the tests' own, which browsers find under every name."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Self


class LocalServer:
    """An HTTP server on a free port of 127.0.0.1; the browser finds it under every name."""

    def __init__(self) -> None:
        answers = type("Answers", (_Answers,), {"owner": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), answers)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def at(self, host: str) -> str:
        """The server's address under the name `host`, without a slash at the end."""
        return f"http://{host}:{self._server.server_port}"

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, str, bytes]:
        """Status, content type and body of the answer to a request."""
        raise NotImplementedError


class _Answers(BaseHTTPRequestHandler):
    owner: LocalServer

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, content_type, answer = self.owner.answer(self.command, self.path, body)
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_OPTIONS = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test run quiet."""
