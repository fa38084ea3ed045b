"""Batches beside everything else: no report delays them, and they delay no single event."""

from __future__ import annotations

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import CHROME
from tests.end_to_end.big_site import lay_down_a_big_site
from tests.end_to_end.importers import Importers, event, make_key, post_batch
from tests.end_to_end.process import post, running
from tests.end_to_end.raw import answer_to
from tests.end_to_end.test_reports_under_load import SLOW, SLOW_REPORTS, timed

HEAD = "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-API-Key: {key}\r\n"


def test_slow_reports_never_delay_a_batch(data_dir: Path) -> None:
    key = make_key(data_dir)
    lay_down_a_big_site(data_dir)
    with running(data_dir, duckdb_threads=1) as server, ThreadPoolExecutor(SLOW_REPORTS) as pool:
        reports = [pool.submit(timed, server.get, SLOW) for _ in range(SLOW_REPORTS)]
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        waits: list[float] = []
        while not all(report.done() for report in reports):
            batch = [event(f"/{len(waits)}/{place}") for place in range(100)]
            waits.append(timed(post_batch, connection, key, batch))
        connection.close()
    assert len(waits) > SLOW_REPORTS
    assert max(waits) < min(report.result() for report in reports)


def test_single_events_wait_for_no_batch(data_dir: Path) -> None:
    """Four clients keep the batches' thread busy; a queue behind it would take seconds."""
    key = make_key(data_dir)
    with running(data_dir, flush_count=100_000) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        with Importers(server.port, key, threads=4, batch=1000) as importers:
            waits = [timed(post, connection, f"/{number}") for number in range(200)]
        connection.close()
    assert set(importers.answers) == {200}
    assert sorted(waits)[100] < 0.05


@pytest.mark.parametrize(
    ("path", "status"), [("/api/events", 200), ("//api/events", 200), ("/api/event", 413)]
)
def test_only_batches_may_come_in_large_bodies_in_chunks_too(
    data_dir: Path, path: str, status: int
) -> None:
    key = make_key(data_dir)
    body = json.dumps([event(f"/{place}") for place in range(900)]).encode()
    assert len(body) > 100_000
    head = HEAD.format(path=path, key=key)
    whole = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    chunks = b"".join(
        b"%x\r\n%b\r\n" % (len(piece), piece)
        for piece in (body[at : at + 30_000] for at in range(0, len(body), 30_000))
    )
    in_chunks = f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunks + b"0\r\n\r\n"
    with running(data_dir, rate_limit=0) as server:
        for request in (whole, in_chunks):
            response, answer = answer_to(server.port, request)
            assert response.status == status, answer
            if status == 200:
                assert json.loads(answer)["accepted"] == 900


def test_a_batch_of_more_than_4_mebibytes_is_refused_in_chunks_too(data_dir: Path) -> None:
    key = make_key(data_dir)
    body = b" " * ((4 << 20) + 1)
    head = HEAD.format(path="/api/events", key=key) + f"User-Agent: {CHROME}\r\n"
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    with running(data_dir) as server:
        for request in (
            f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body,
            f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunked,
        ):
            response, answer = answer_to(server.port, request)
            assert (response.status, list(json.loads(answer))) == (413, ["error"])
