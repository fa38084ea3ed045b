"""The benchmarks run, at a size that says nothing about speed, so that they cannot rot."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from benches import scale, servers, sockets
from benches.__main__ import main
from benches.answers import Answers, BenchFailed
from benches.figures import Figure, at_least, at_most, table
from benches.ingest import check_nothing_is_lost
from benches.traffic import on_the_wire, sample
from benches.wire import read_requests, write_requests
from mallard import logs
from tests.waiting import PATIENCE_SECS

TINY = [
    "--seconds",
    "0.2",
    "--rounds",
    "1",
    "--events",
    "100",
    "--connections",
    "3",
    "--stored",
    "1000",
    "--days",
    "2",
]


@pytest.fixture(autouse=True)
def unconfigured_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves the logs of this process to the tests that come after."""
    monkeypatch.setattr(logs, "configure", lambda *_: None)


def bench(name: str, client: str = "auto") -> str:
    result = CliRunner().invoke(main, [name, *TINY, "--client", client])
    assert result.exit_code == 0, result.output
    return result.output


def test_ingest_holds_mallard_against_its_peers_and_finds_every_event_stored():
    output = bench("ingest", client="python")
    shares = ("| share of a bare waitress |", "| share of a Flask view |")
    for line in (*shares, "| 99th percentile / bare's |", "(python)"):
        assert line in output


def test_batches_find_every_event_stored_and_tell_what_one_costs():
    output = bench("batches")
    for line in ("| events per second of one core |", "| times the floor |"):
        assert line in output


def test_portal_holds_downloads_against_bare_ones_of_the_same_file():
    output = bench("portal")
    for line in ("| from a directory, share of", "| through an upstream, share of"):
        assert line in output
    assert "| memory above that after the first downloads |" in output


def test_inside_tells_what_the_pipeline_costs():
    assert "| Pipeline.process |" in bench("inside")


def test_disk_tells_the_bytes_of_an_event():
    output = bench("disk")
    for events in ("a month of 100 events", "a day of 100 events"):
        assert f"| {events}: bytes per event in Parquet |" in output
    assert "| bytes per event in the journal |" in output


def test_memory_tells_what_the_server_takes_idle_and_busy():
    output = bench("memory")
    for line in ("| idle, after one page |", "| highest on the way |"):
        assert line in output
    for machine in ("512 MB", "1 GB"):
        assert f"| {machine}: 1,000 stored events, when their figures are ready |" in output
        for line in ("after the first view |", "highest in the worst report ("):
            assert f"| {machine}: {line}" in output


def test_views_time_the_first_view_and_agree_with_the_events():
    output = bench("views")
    for line in ("| first view |", "| figures are ready after |", "| by pages |"):
        assert line in output


def test_scale_asks_a_large_site_and_a_small_one_beside_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(scale, "TIMES_A_ROUND", 1)
    output = bench("scale")
    for line in ("first view of 10,000 events", "funnel, beside the large sites"):
        assert f"| {line} |" in output


def test_start_times_the_start_and_finds_the_same_answers_while_figures_are_worked_out():
    output = bench("start")
    for line in ("| first start with 2 partitions |", "| second start with 2 partitions |"):
        assert line in output
    assert "| figures of 1,000 events, while reports are asked |" in output


def test_a_day_passes_and_its_last_sixth_stands_beside_its_first():
    output = bench("day")
    assert "| events taken and stored | 1,996 |" in output
    for figure in ("processor time per event", "resident memory", "realtime: processor time"):
        assert f"| {figure}, last / first |" in output
    assert "| sites whose day is not in order when it is over | 0 |" in output


def test_behaviour_times_every_report():
    output = bench("behaviour")
    for name in ("sessions", "funnel", "sequences", "flow", "retention"):
        assert f"| {name} |" in output


def test_filtered_times_every_report_and_agrees_with_the_other_engine():
    output = bench("filtered")
    for filters in ("page==/pricing", "browser==Firefox and page==/pricing"):
        for report in ("totals", "by day", "by pages", "by sources", "by countries"):
            assert f"| {filters}: {report} |" in output


def test_decided_holds_a_zone_against_utc_and_a_goal_against_the_other_engine():
    output = bench("decided")
    for line in ("first view, Kolkata / UTC", "properties", "by prop:plan"):
        assert f"| {line} |" in output


def test_transfer_tells_how_fast_and_how_large_and_that_nothing_is_lost():
    output = bench("transfer")
    for form in ("csv", "jsonl", "parquet"):
        assert f"| export to {form}: memory at most above idle |" in output
        assert f"| import of {form}: events per second |" in output


def test_moving_holds_reading_a_history_against_reading_its_csv():
    output = bench("moving")
    for line in ("times the floor", "reading: memory at most above idle", "that / what DuckDB"):
        assert f"| {line}" in output


def test_dashboard_weighs_the_first_load_and_times_it():
    output = bench("dashboard")
    assert re.search(r"first load: bytes over the wire \| [\d,]+ B \| ≤ 60,000 \| met", output)
    for line in ("of which htmx.js", "a click: bytes", "time to first byte, reports cached"):
        assert f"| {line}" in output


@pytest.mark.parametrize(
    ("value", "aim", "verdict"),
    [(0.5, at_least(0.5), "met"), (0.49, at_least(0.5), "missed"), (251, at_most(250), "missed")],
)
def test_the_table_says_whether_an_aim_is_met(value: float, aim, verdict: str):
    assert table([Figure("share", value, aim=aim)]).endswith(f"| {verdict} |")


@pytest.mark.parametrize(("counted", "stored"), [(99, 99), (100, 99), (103, 103)])
def test_a_lost_or_invented_event_fails_the_benchmark(counted: int, stored: int):
    answers = [Answers(accepted=100, seconds=1, p50_ms=1, p99_ms=2, cut_off=2)]
    check_nothing_is_lost(answers, counted=101, stored=101)
    with pytest.raises(BenchFailed):
        check_nothing_is_lost(answers, counted, stored)


def test_an_answer_other_than_202_fails_the_benchmark(tmp_path: Path):
    lost = on_the_wire(sample(1)[0]).replace(b"/api/event", b"/elsewhere")
    requests = write_requests(tmp_path / "requests", [lost])
    with servers.peer("flask") as server, pytest.raises(BenchFailed, match="404"):
        sockets.drive(server.port, requests, connections=1, seconds=0.1, skip=0)


def test_requests_come_back_from_their_file_as_they_were(tmp_path: Path):
    requests = [on_the_wire(hit) for hit in sample(20)]
    assert read_requests(write_requests(tmp_path / "requests", requests)) == requests


# It sleeps for longer than the test may take, so that nothing but the signal can end it.
ENDLESS = """
from benches.apart import apart

apart(exec, "import os, time; print(os.getpid(), flush=True); time.sleep(6000)")
"""


# Elsewhere `apart` asks for no such signal: PR_SET_PDEATHSIG is Linux's alone. CI, which runs on
# Linux, takes a skipped test for a failure.
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the signal")
def test_what_runs_apart_ends_with_the_benchmark_however_that_ends():
    with subprocess.Popen([sys.executable, "-c", ENDLESS], stdout=subprocess.PIPE) as bench:
        assert bench.stdout is not None
        child = os.pidfd_open(int(bench.stdout.readline()))
        bench.kill()
    ended, _, _ = select.select([child], [], [], PATIENCE_SECS)
    os.close(child)
    assert ended
