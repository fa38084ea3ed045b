"""More reports than there are threads for them, all under way until a test has seen enough."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.end_to_end.arranged import HELD, begun, released
from tests.end_to_end.process import Server, post, running
from tests.waiting import until

REPORTS = 20
THREADS = 8
"""Of which reports have but a part."""


@contextmanager
def reports_under_way(data_dir: Path) -> Iterator[Server]:
    """A server that works on reports all the time; then they must be right, all of them."""
    with (
        running(data_dir, is_arranged=True, server_threads=THREADS, duckdb_threads=1) as server,
        ThreadPoolExecutor(REPORTS) as pool,
    ):
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        assert post(connection, "/", HELD) == 202
        connection.close()
        reports: list[Future[int]] = [pool.submit(server.total, HELD) for _ in range(REPORTS)]
        try:
            until(begun(data_dir).exists)
            yield server
            assert not any(report.done() for report in reports), "all the time"
        finally:
            released(data_dir).touch()
        assert [report.result() for report in reports] == [1] * REPORTS
