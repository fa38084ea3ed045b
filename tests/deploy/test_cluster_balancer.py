"""Caddy with deploy/cluster/Caddyfile, in front of three that stand in for nodes."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.deploy.cluster_files import CLUSTER
from tests.deploy.files import checked
from tests.deploy.proxies import free_port, listens, replaced
from tests.waiting import PATIENCE_SECS, until

pytestmark = pytest.mark.thorough

CADDY = Path(sys.executable).parent / "caddy"
ADDRESSES = [f"127.0.0.{n}" for n in range(1, 31)]


class StandIn:
    """Says who it is, and takes events; whether it is ready is up to the test."""

    def __init__(self, name: str) -> None:
        self.name, self.is_ready = name, True
        self.events: list[tuple[str, int]] = []
        """From where each came."""
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                is_asked_for_health = self.path == "/health/ready"
                status = 503 if is_asked_for_health and not stand_in.is_ready else 200
                self._answer(status)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                stand_in.events.append(self.client_address)
                self._answer(202)

            def _answer(self, status: int) -> None:
                said = json.dumps([stand_in.name, self.headers["X-Forwarded-For"]]).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: object) -> None:
                """Nothing is to be logged."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Balancer:
    """Caddy, and those that it leads to."""

    def __init__(self, port: int, nodes: list[StandIn]) -> None:
        self.port, self.nodes = port, {node.name: node for node in nodes}

    def ask(
        self, address: str, method: str = "GET", path: str = "/"
    ) -> tuple[int, str, list[tuple[str, str]]]:
        """The answer's status, who gave it, and its headers; it is asked from an address."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=PATIENCE_SECS, source_address=(address, 0)
        )
        try:
            body = b"{}" if method == "POST" else None
            connection.request(method, path, body, {"Host": "analytics.example.com"})
            answer = connection.getresponse()
            name, told = json.loads(answer.read())
            assert told == address
            return answer.status, name, answer.getheaders()
        finally:
            connection.close()

    def led_to(self, address: str) -> str:
        return self.ask(address)[1]


@pytest.fixture
def balancer(tmp_path: Path) -> Iterator[Balancer]:
    nodes = [StandIn(f"node-{n}") for n in (1, 2, 3)]
    port = free_port()
    file = tmp_path / "Caddyfile"
    text = (CLUSTER / "Caddyfile").read_text("utf-8")
    text = replaced(text, "{$DOMAIN} {\n", "{$DOMAIN} {\n\tbind 127.0.0.1\n")
    file.write_text(replaced(text, "health_timeout 4s", f"health_timeout {PATIENCE_SECS}s"))
    variables = {
        # Without a certificate: who is led where is the same.
        "DOMAIN": "http://analytics.example.com",
        "HTTP_PORT": str(port),
        "MALLARD_NODES": " ".join(f"127.0.0.1:{node.port}" for node in nodes),
        "CADDY_ADMIN": f"unix/{tmp_path}/admin",
        "XDG_DATA_HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
    }
    command: list[str | Path] = [CADDY, "run", "--adapter", "caddyfile", "--config", file]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, env=os.environ | variables, stderr=log)
    try:
        until(lambda: process.poll() is not None or listens(port), "Caddy listens")
        assert process.poll() is None, (tmp_path / "log").read_text()
        yield Balancer(port, nodes)
    finally:
        process.terminate()
        process.wait(PATIENCE_SECS)
        for node in nodes:
            node.stop()


def test_caddy_takes_the_file_as_it_is() -> None:
    file = CLUSTER / "Caddyfile"
    asked = ("--adapter", "caddyfile", "--config", file)
    said = checked("caddy", "validate", *asked, DOMAIN="analytics.example.com")
    assert "Valid configuration" in said
    assert '"level":"warn"' not in said
    assert checked("caddy", "fmt", file) == file.read_text("utf-8")


def test_who_comes_is_led_to_one_node_without_a_cookie(balancer: Balancer) -> None:
    first = {address: balancer.led_to(address) for address in ADDRESSES}
    assert set(first.values()) == set(balancer.nodes)
    for address in ADDRESSES:
        status, name, headers = balancer.ask(address, "POST", "/api/event")
        assert (status, name) == (202, first[address])
        assert "set-cookie" not in {key.lower() for key, _ in headers}


def test_a_node_that_is_not_ready_gets_nobody_until_it_is(balancer: Balancer) -> None:
    address = ADDRESSES[0]
    own = balancer.led_to(address)
    balancer.nodes[own].is_ready = False
    until(lambda: balancer.led_to(address) != own, "another node has the visitor")
    balancer.nodes[own].is_ready = True
    until(lambda: balancer.led_to(address) == own, "the node has its visitor again")


def test_no_event_is_lost_or_sent_twice_where_a_node_is_gone(balancer: Balancer) -> None:
    gone = balancer.nodes[balancer.led_to(ADDRESSES[0])]
    gone.stop()
    for address in ADDRESSES:
        status, name, _ = balancer.ask(address, "POST", "/api/event")
        assert (status, name != gone.name) == (202, True)
    assert sum(len(node.events) for node in balancer.nodes.values()) == len(ADDRESSES)


def test_no_event_is_on_a_connection_that_a_node_may_close(balancer: Balancer) -> None:
    for _ in range(10):
        balancer.ask(ADDRESSES[0], "POST", "/api/event")
    (events,) = (node.events for node in balancer.nodes.values() if node.events)
    assert len(set(events)) == 10
