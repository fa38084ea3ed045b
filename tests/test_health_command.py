"""`mallard health` asks the server of its own settings, and its exit code is the answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mallard import cli, logs


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Logging stays as it is for all other tests."""
    monkeypatch.setattr(logs, "configure", lambda *_: None)


def health(*arguments: str, **variables: str) -> Result:
    return CliRunner().invoke(cli.main, ["health", *arguments], env=variables)


@pytest.fixture
def answering() -> Iterator[Callable[[int, bytes], int]]:
    """Starts a server on this host that always gives the same answer; its port."""
    servers: list[HTTPServer] = []

    def start(status: int, body: bytes) -> int:
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status if self.path == "/health/ready" else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        servers.append(HTTPServer(("127.0.0.1", 0), Answer))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return servers[-1].server_port

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])
def test_a_server_that_is_ready_is_0(answering: Callable[[int, bytes], int], host: str) -> None:
    result = health(MALLARD_HOST=host, MALLARD_PORT=str(answering(200, b"ready")))
    assert (result.exit_code, result.output) == (0, "ready\n")


def test_the_port_may_be_in_the_file(
    answering: Callable[[int, bytes], int], tmp_path: Path
) -> None:
    file = tmp_path / "mallard.toml"
    file.write_text(f"port = {answering(200, b'ready')}")
    assert health("-c", str(file)).exit_code == 0
    assert health(MALLARD_CONFIG=str(file)).exit_code == 0


def test_a_server_that_is_not_ready_is_1_with_its_reason(
    answering: Callable[[int, bytes], int],
) -> None:
    result = health(MALLARD_PORT=str(answering(503, b"database not ready")))
    assert (result.exit_code, result.output) == (1, "Error: not ready: 503 database not ready\n")


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_no_server_is_1(host: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there, and nobody else can
        port = taken.getsockname()[1]
        result = health(MALLARD_HOST=host, MALLARD_PORT=str(port))
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: no answer from 127.0.0.1 port {port}: ")
    assert "refused" in result.output


def test_a_port_that_nobody_knows_is_1() -> None:
    result = health(MALLARD_PORT="0")
    assert result.exit_code == 1
    assert "MALLARD_PORT" in result.output


def test_bad_settings_are_2_as_for_every_command() -> None:
    assert health(MALLARD_PORT="nonsense").exit_code == 2
