"""Batches beside everything else: no report delays them, and they delay no single event."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import CHROME
from tests.end_to_end.held_reports import reports_under_way
from tests.end_to_end.importers import Importers, event, make_key, post_batch
from tests.end_to_end.process import Server, post, running
from tests.end_to_end.raw import answer_to
from tests.waiting import until

IMPORTERS = 4
BATCHES = 10
HEAD = "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-API-Key: {key}\r\n"


@pytest.fixture(scope="module")
def server_and_key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    data_dir = tmp_path_factory.mktemp("batches") / "data"
    key = make_key(data_dir)
    with running(data_dir) as server:
        yield server, key


def test_slow_reports_never_delay_a_batch(data_dir: Path) -> None:
    key = make_key(data_dir)
    with reports_under_way(data_dir) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        for number in range(BATCHES):
            batch = [event(f"/{number}/{place}") for place in range(100)]
            assert post_batch(connection, key, batch)[0] == 200
        connection.close()


def test_single_events_wait_for_no_batch(data_dir: Path) -> None:
    """Four clients keep the batches' thread busy: behind it, an event would wait for all four."""
    key = make_key(data_dir)
    with running(data_dir, flush_count=100_000) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        batches_meanwhile = []
        with Importers(server.port, key, threads=IMPORTERS, batch=1000) as importers:
            until(lambda: importers.answers[200] >= IMPORTERS)
            for number in range(200):
                before = importers.answers[200]
                assert post(connection, f"/{number}") == 202
                batches_meanwhile.append(importers.answers[200] - before)
        connection.close()
    assert set(importers.answers) == {200}
    assert sorted(batches_meanwhile)[100] < IMPORTERS / 2


@pytest.mark.parametrize(
    ("path", "status"), [("/api/events", 200), ("//api/events", 200), ("/api/event", 413)]
)
def test_only_batches_may_come_in_large_bodies_in_chunks_too(
    server_and_key: tuple[Server, str], path: str, status: int
) -> None:
    server, key = server_and_key
    body = json.dumps([event(f"/{place}") for place in range(900)]).encode()
    assert len(body) > 100_000
    head = HEAD.format(path=path, key=key)
    whole = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    chunks = b"".join(
        b"%x\r\n%b\r\n" % (len(piece), piece)
        for piece in (body[at : at + 30_000] for at in range(0, len(body), 30_000))
    )
    in_chunks = f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunks + b"0\r\n\r\n"
    for request in (whole, in_chunks):
        response, answer = answer_to(server.port, request)
        assert response.status == status, answer
        if status == 200:
            assert json.loads(answer)["accepted"] == 900


def test_a_batch_of_more_than_4_mebibytes_is_refused_in_chunks_too(
    server_and_key: tuple[Server, str],
) -> None:
    server, key = server_and_key
    body = b" " * ((4 << 20) + 1)
    head = HEAD.format(path="/api/events", key=key) + f"User-Agent: {CHROME}\r\n"
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    for request in (
        f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body,
        f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunked,
    ):
        response, answer = answer_to(server.port, request)
        assert (response.status, list(json.loads(answer))) == (413, ["error"])
