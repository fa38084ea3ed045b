"""Reports while events come in: never wrong, never in the way."""

from __future__ import annotations

import http.client
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.end_to_end.big_site import lay_down_a_big_site
from tests.end_to_end.process import Visitors, post, running

SLOW = "/api/stats/main?site_id=big.example&period=7d&filter=entry_page!=/nowhere"
SLOW_REPORTS = 20


def test_the_total_never_falls_and_never_exceeds_what_was_sent(data_dir: Path) -> None:
    totals: list[int] = []
    with (
        running(data_dir, flush_count=30, flush_interval=1) as server,
        Visitors(server.port, threads=2) as visitors,
    ):
        end = time.monotonic() + 8
        while time.monotonic() < end:
            acknowledged = len(visitors.acknowledged)
            totals.append(server.total())
            assert acknowledged <= totals[-1] <= visitors.sent
    assert len(totals) > 20
    assert totals == sorted(totals)
    assert set(visitors.answers) == {202}


def test_slow_reports_never_delay_collecting(data_dir: Path) -> None:
    """More slow reports than there are threads for them; no event waits for any of them."""
    lay_down_a_big_site(data_dir)
    with running(data_dir, duckdb_threads=1) as server, ThreadPoolExecutor(SLOW_REPORTS) as pool:
        reports = [pool.submit(timed, server.get, SLOW) for _ in range(SLOW_REPORTS)]
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        waits = []
        while not all(report.done() for report in reports):
            waits.append(timed(post, connection, "/small"))
        connection.close()
        assert server.total() == len(waits)
    durations = sorted(report.result() for report in reports)
    assert len(waits) > SLOW_REPORTS
    assert max(waits) < durations[0], "an event waited as long as a report takes"


def timed(function, *args) -> float:
    """The seconds that a call takes."""
    start = time.monotonic()
    function(*args)
    return time.monotonic() - start
