"""Addresses come in by every way there is, and are found nowhere: not in the data, not in a log."""

from __future__ import annotations

import http.client
import json
import signal
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mallard.connections import Channel
from tests.conftest import CHROME
from tests.end_to_end.importers import make_key
from tests.end_to_end.process import Server
from tests.waiting import PATIENCE_SECS

FORWARDED = ("198.51.100.201", "2001:db8:77aa:1::c0de")
REAL_IP = ("203.0.113.187", "2001:db8:77bb:2::beef")
SOCKETS = ("127.201.202.203", "127.91.92.93")
"""This host's, and no trusted proxies here: seen as clients."""
CHAIN = "192.0.2.177"
ADDRESSES = (*FORWARDED, *REAL_IP, *SOCKETS, CHAIN)
SETTINGS: dict[str, Any] = {
    "trusted_proxies": "127.0.0.1",
    "log_level": "debug",
    "flush_count": 5,
    "flush_interval": 1,
    "duckdb_threads": 1,
    "max_new_sites_per_hour": 4,
    "max_login_attempts": 2,
}

PAGE = {"d": "example.com", "n": "pageview", "u": "https://example.com/", "w": 1200}
EVENTS: list[object] = [
    PAGE,
    PAGE | {"n": "signup", "p": {"plan": "pro"}, "ra": 5, "rc": "eur"},
    PAGE | {"r": "https://www.google.com/"},
    PAGE | {"u": "http://["},
    PAGE | {"d": "../"},
    PAGE | {"p": [1]},
    {"d": "example.com"},
    [],
    *(PAGE | {"d": f"new{number}"} for number in range(6)),
]
PATHS = (
    "/",
    "/?site_id=example.com",
    "/diagnostics",
    "/api/diagnostics",
    "/api/stats/main?site_id=example.com",
    "/api/stats/main?site_id=..",
    "/api/stats/funnel?site_id=example.com&steps=",
    "/api/gdpr/export?site_id=example.com",
    "/api/keys",
    "/api/nothing",
    "/nothing",
    "/settings",
    "/health/detailed",
    "/metrics",
    "/mallard.js",
    "/api/event?d=example.com&u=/pixel",
    "/api/event?d=&u=",
)


def ways() -> Iterator[tuple[str, dict[str, str]]]:
    """The address that a connection comes from, and its headers."""
    for address in FORWARDED:
        yield "127.0.0.1", {"X-Forwarded-For": address}
        yield "127.0.0.1", {"X-Forwarded-For": f"{CHAIN}, {address}, 127.0.0.1"}
        yield "127.0.0.1", {"X-Forwarded-For": f"[{address}]:4711", "Forwarded": f"for={address}"}
    for address in REAL_IP:
        yield "127.0.0.1", {"X-Real-IP": address, "X-Forwarded-For": "unknown"}
    for address in SOCKETS:
        yield address, {"X-Forwarded-For": FORWARDED[0]}


def ask(
    server: Server, source: str, method: str, path: str, body: bytes, headers: dict[str, str]
) -> None:
    connection = http.client.HTTPConnection(
        "127.0.0.1", server.port, timeout=PATIENCE_SECS, source_address=(source, 0)
    )
    try:
        connection.request(method, path, body, {"User-Agent": CHROME, **headers})
        assert connection.getresponse().read() is not None
    finally:
        connection.close()


def send_garbage(server: Server, source: str, headers: dict[str, str]) -> None:
    """Requests that are none, and clients that go away in the middle."""
    named = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
    for start in (
        b"\x16\x03\x01\x00\xff\r\n\r\n",
        b"GET / HTTP/9.9\r\n" + named + b"\r\n",
        b"POST /api/event HTTP/1.1\r\nContent-Length: x\r\n" + named + b"\r\n",
        b"POST /api/event HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + named + b"\r\nzz\r\n",
        b"POST /api/event HTTP/1.1\r\nContent-Length: 1000\r\n" + named + b"\r\n{",
        b"GET /?site_id=example.com HTTP/1.1\r\n" + named + b"\r\n",
    ):
        with socket.create_connection(
            ("127.0.0.1", server.port), timeout=PATIENCE_SECS, source_address=(source, 0)
        ) as connection:
            connection.sendall(start)
            # A reset instead of an orderly end, when the answer may be under way.
            linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


def batches() -> Iterator[bytes]:
    """Batches that name addresses themselves, also where there is something wrong."""
    for address in (*FORWARDED, *REAL_IP, CHAIN):
        named = [event | {"client_ip": address} for event in EVENTS if isinstance(event, dict)]
        wrong = [named[0] | {"client_ip": wrong} for wrong in (f"{address}/x", [address])]
        yield json.dumps(named + wrong).encode()
        yield b"\n".join(json.dumps(event).encode() for event in named)
        yield json.dumps({"client_ip": address}).encode()
        yield json.dumps(named[0]).encode()[:-1]


def visit_everything(server: Server, key: str) -> None:
    for source, headers in ways():
        for body in EVENTS:
            ask(server, source, "POST", "/api/event", json.dumps(body).encode(), headers)
        ask(server, source, "POST", "/api/event", b"{", headers)
        ask(server, source, "POST", "/api/event", b" " * 70_000, headers)
        ask(server, source, "PUT", "/api/event", b"", headers)
        ask(server, source, "POST", "/api/event", json.dumps(PAGE).encode(), headers | {"DNT": "1"})
        for path in PATHS:
            ask(server, source, "GET", path, b"", headers)
        for body in batches():
            ask(server, source, "POST", "/api/events", body, headers | {"X-API-Key": key})
        for _ in range(3):
            wrong = json.dumps({"password": "wrong guess"}).encode()
            kind = {"Content-Type": "application/json"}
            ask(server, source, "POST", "/api/auth/login", wrong, headers | kind)
        ask(server, source, "DELETE", "/api/gdpr/erase?site_id=example.com", b"", headers)
        send_garbage(server, source, headers)


def forms(address: str) -> set[bytes]:
    """An address as text, as hex and as it stands in a packet."""
    parsed = ip_address(address)
    texts = {address, parsed.exploded, parsed.packed.hex()}
    return {text.encode() for text in texts | {text.upper() for text in texts}} | {parsed.packed}


def found_in(content: bytes) -> list[str]:
    return [a for a in ADDRESSES if any(form in content for form in forms(a))]


def files_with_addresses(data_dir: Path) -> dict[str, list[str]]:
    files = [path for path in sorted(data_dir.rglob("*")) if path.is_file()]
    assert any(path.suffix == ".parquet" for path in files)
    return {str(path): found for path in files if (found := found_in(path.read_bytes()))}


def everything_stored(data_dir: Path) -> bytes:
    """All columns of all tables and of all Parquet files, which are compressed on the disk."""
    with duckdb.connect(str(data_dir / "mallard.duckdb"), read_only=True) as connection:
        tables = connection.execute("select table_name from duckdb_tables()").fetchall()
        rows = [row for (t,) in tables for row in connection.execute(f"from {t}").fetchall()]
    files = f"{data_dir}/events/*/*/*.parquet"
    events = duckdb.sql(f"from read_parquet('{files}', hive_partitioning = false)").fetchall()
    assert len(events) > 20
    notes = duckdb.sql(f"select key, value from parquet_kv_metadata('{files}')").fetchall()
    return "\n".join(map(str, [*rows, *events, *notes])).encode()


@pytest.mark.parametrize("password", ["", "correct horse battery"])
def test_no_address_is_written(data_dir: Path, password: str) -> None:
    key = make_key(data_dir)
    server = Server(data_dir, admin_password=password, **SETTINGS)
    visit_everything(server, key)
    killed_at = server.log
    server.stop(signal.SIGKILL)
    assert any(path.stat().st_size for path in (data_dir / "journal").iterdir())
    assert files_with_addresses(data_dir) == {}
    again = Server(data_dir, admin_password=password, **SETTINGS)
    visit_everything(again, key)
    assert again.stop() == 0
    assert files_with_addresses(data_dir) == {}
    assert found_in(everything_stored(data_dir)) == []
    log = "".join(killed_at + again.log)
    assert "Listening" in log
    assert found_in(log.encode()) == []


def test_a_connection_does_not_tell_the_log_whose_it_is() -> None:
    connection = object.__new__(Channel)
    connection.addr = (FORWARDED[0], 4711)
    assert found_in(f"{connection!r} {connection}".encode()) == []


def test_an_address_would_be_found() -> None:
    for address in ADDRESSES:
        for form in forms(address):
            assert found_in(b"x" + form + b"y") == [address]
