"""Crowds of strangers who hold, stuff and drip their connections keep no event from its answer."""

from __future__ import annotations

import http.client
import os
import resource
import selectors
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.end_to_end.process import Server, post, running
from tests.end_to_end.raw import answer, connection
from tests.waiting import PATIENCE_SECS, until

MANY = 1_050
STUFFED = b"GET /health HTTP/1.1\r\n" + b"a: b\r\n" * 40_000
"""240 KB of header lines."""


@pytest.fixture(scope="module", autouse=True)
def _files() -> Iterator[None]:
    """Room in this process for the clients' ends."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running(tmp_path / "data") as one:
        yield one
        assert not [line for line in one.log if " ERROR " in line]


def processor_secs(pid: int) -> float:
    """The processor time that a process has taken so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def nameless_files(pid: int) -> set[str]:
    """The files that a process holds, and no directory does."""
    held = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # It was closed meanwhile.
            held.add(os.readlink(file))
    return {name for name in held if name.endswith("(deleted)")}


def events(port: int, count: int = 20) -> list[int]:
    """The answers to a new visitor's events."""
    visitor = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECS)
    found = [post(visitor, f"/{number}") for number in range(count)]
    visitor.close()
    return found


@pytest.mark.parametrize("beginning", [b"", b"POST /api/event HTTP/1.1\r\nHost: x\r\n"])
def test_events_are_answered_beside_more_idle_connections_than_there_may_be(
    server: Server, beginning: bytes
) -> None:
    with ExitStack() as stack:
        for _ in range(MANY):
            stack.enter_context(connection(server.port)).sendall(beginning)
        assert events(server.port) == [202] * 20
        assert server.total() == 20


def test_events_are_answered_beside_clients_that_take_no_answer(tmp_path: Path) -> None:
    """Each asks for many things and reads nothing; there are more of them than there may be.

    With few files there may be few connections: what a thousand clients ask for takes minutes.
    """
    request = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n" * 10
    with running(tmp_path / "data", files=256) as server, ExitStack() as stack:
        for _ in range(150):
            client = stack.enter_context(connection(server.port))
            client.setblocking(False)
            client.send(request)
        assert events(server.port) == [202] * 20


def test_a_newcomer_waits_for_few_answers_of_clients_that_always_have_asked_for_more(
    tmp_path: Path,
) -> None:
    """They hold all the connections there may be, and are never idle."""
    request = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
    with running(tmp_path / "data", files=64) as server, ExitStack() as stack:
        crowd = stack.enter_context(selectors.DefaultSelector())
        for _ in range(32):
            client = stack.enter_context(connection(server.port))
            client.setblocking(False)
            client.send(request * 5_000)
            crowd.register(client, selectors.EVENT_READ)
        answers = 0
        with ThreadPoolExecutor(1) as pool:
            newcomer = pool.submit(events, server.port, 1)
            while not newcomer.done():
                for key, _ in crowd.select(0.1):
                    data = b""
                    with suppress(ConnectionResetError):  # It was closed before all was read.
                        data = key.fileobj.recv(1 << 16)  # type: ignore[union-attr]
                    answers += data.count(b"HTTP/1.1 200 OK")
                    if not data:
                        crowd.unregister(key.fileobj)
        assert newcomer.result() == [202]
        assert answers < 32 * 5_000 / 4


def test_stuffed_headers_are_refused_and_take_no_time_from_events(server: Server) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(connection(server.port)) for _ in range(40)]
        for client in clients:
            client.sendall(STUFFED[:17_000])
        assert events(server.port) == [202] * 20
        assert {answer(client)[0].status for client in clients} == {431}


def test_unfinished_bodies_fill_no_disk(server: Server) -> None:
    """Temporary files have no name, so that only the process itself still has them."""
    head = b"POST /api/event HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n"
    with ExitStack() as stack:
        before = nameless_files(server.pid)
        for _ in range(20):
            stack.enter_context(connection(server.port)).sendall(head + b" " * 1_000_000)
        assert events(server.port) == [202] * 20
        assert nameless_files(server.pid) == before


def test_at_64_files_a_hundred_idle_clients_keep_nobody_out_and_nothing_busy(
    tmp_path: Path,
) -> None:
    with running(tmp_path / "data", files=64) as server, ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(connection(server.port))
        assert events(server.port) == [202] * 20
        until(lambda: server.total() == 20)
        before, lines = processor_secs(server.pid), len(server.log)
        # There is nothing to wait for: what is looked at is that nothing happens meanwhile.
        time.sleep(1.0)
        assert processor_secs(server.pid) - before < 0.5
        assert len(server.log) - lines < 5
