"""Reports while events come in: never wrong, never in the way."""

from __future__ import annotations

import http.client
from pathlib import Path

from tests.end_to_end.held_reports import reports_under_way
from tests.end_to_end.process import Visitors, post, running

TOTALS = 20
FILES = 3
EVENTS = 100


def test_the_total_never_falls_and_never_exceeds_what_was_sent(data_dir: Path) -> None:
    """Asked over and over while events are flushed, and written to a few files."""
    totals: list[int] = []
    with (
        running(data_dir, flush_count=30, flush_interval=1) as server,
        Visitors(server.port, threads=2) as visitors,
    ):
        while len(totals) <= TOTALS or highest_file(data_dir) < FILES:
            acknowledged = len(visitors.acknowledged)
            totals.append(server.total())
            assert acknowledged <= totals[-1] <= visitors.sent
    assert totals == sorted(totals)
    assert set(visitors.answers) == {202}


def highest_file(data_dir: Path) -> int:
    """The number of the last Parquet file that was written."""
    return max((int(path.stem) for path in data_dir.rglob("events/*/*/*.parquet")), default=0)


def test_slow_reports_never_delay_collecting(data_dir: Path) -> None:
    """More slow reports than there are threads for them; no event waits for any of them."""
    with reports_under_way(data_dir) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        for number in range(EVENTS):
            assert post(connection, f"/{number}") == 202
        connection.close()
    assert server.exit_code == 0
