"""Import, export and backup of whole processes: killed, under load, on a full disk."""

from __future__ import annotations

import http.client
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.end_to_end.process import Visitors, assert_each_once, running, stored_paths
from tests.end_to_end.test_nothing_is_lost import RESTLESS, limit_file_size, wait_for_answers
from tests.fuzz.size import so_many
from tests.transfer.laid_down import SITE, lay_down
from tests.waiting import PATIENCE_SECS, until

pytestmark = pytest.mark.fuzz

ROWS = 45_000
KILLS = so_many(3, 10)
HEADER = "site_id,visitor_id,timestamp,event_name,pathname\n"


def begin(data_dir: Path, *words: str | Path) -> subprocess.Popen[bytes]:
    """Starts `mallard ...` on the directory."""
    return subprocess.Popen(
        [sys.executable, "-m", "mallard", *map(str, words)],
        env=os.environ | {"MALLARD_DATA_DIR": str(data_dir)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def run(data_dir: Path, *words: str | Path) -> bytes:
    """Runs `mallard ...` to its end, which must be a good one; what it prints."""
    process = begin(data_dir, *words)
    out, errors = process.communicate(timeout=PATIENCE_SECS)
    assert process.returncode == 0, errors.decode()
    return out


@pytest.fixture
def many_rows(tmp_path: Path) -> Path:
    """A file of numbered pageviews of the last two days."""
    first = datetime.now(UTC) - timedelta(days=2)
    file = tmp_path / "many.csv"
    file.write_text(
        HEADER
        + "".join(
            f"example.com,v{n % 100},{first + timedelta(seconds=n)},pageview,/{n}\n"
            for n in range(ROWS)
        )
    )
    return file


def all_rows() -> Counter[str]:
    return Counter({f"/{n}": 1 for n in range(ROWS)})


def test_an_import_killed_at_random_moments_counts_every_row_once(
    data_dir: Path, many_rows: Path
) -> None:
    moments = random.Random(5)
    for _ in range(KILLS):
        process = begin(data_dir, "import", many_rows)
        until(lambda: (data_dir / "mallard.duckdb").exists())
        time.sleep(moments.uniform(0, 1.3))  # the moment of the kill is the test's input
        process.kill()
        process.communicate()
    run(data_dir, "import", many_rows)
    assert stored_paths(data_dir) == all_rows()
    assert b"0 events imported" in run(data_dir, "import", many_rows)


def test_a_server_killed_during_an_import_counts_every_row_once(
    data_dir: Path, many_rows: Path
) -> None:
    moments = random.Random(6)
    for _ in range(so_many(2, 10)):
        with running(data_dir) as server:
            process = begin(data_dir, "import", many_rows)
            time.sleep(moments.uniform(0.4, 1.2))  # the moment of the kill is the test's input
            server.stop(signal.SIGKILL)
            process.communicate(timeout=PATIENCE_SECS)
    with running(data_dir) as server:
        run(data_dir, "import", many_rows)
        assert server.total() == ROWS
    assert stored_paths(data_dir) == all_rows()


def test_a_backup_under_load_holds_each_event_acknowledged_before_it_once(
    data_dir: Path, tmp_path: Path
) -> None:
    backups = []
    with running(data_dir, **RESTLESS) as server, Visitors(server.port) as visitors:
        for number in range(3):
            wait_for_answers(visitors, 202, 200)
            acknowledged = list(visitors.acknowledged)
            run(data_dir, "backup", tmp_path / f"{number}.tar")
            backups.append((number, acknowledged))
    for number, acknowledged in backups:
        restored = tmp_path / f"restored{number}"
        run(restored, "restore", tmp_path / f"{number}.tar")
        with running(restored) as server:
            assert server.total() >= len(acknowledged)
        assert_each_once(stored_paths(restored), acknowledged)


@contextmanager
def an_export(port: int) -> Iterator[http.client.HTTPResponse]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECS)
    connection.request("GET", f"/api/export/events?site_id={SITE}")
    answer = connection.getresponse()
    try:
        yield answer
    finally:
        answer.close()
        connection.close()


def test_an_export_that_fails_midway_does_not_end_as_if_it_were_whole(data_dir: Path) -> None:
    first = datetime.now(UTC).date() - timedelta(days=3)
    lay_down(data_dir, 100, first)
    lay_down(data_dir, 50_000, first + timedelta(days=1))
    with running(data_dir) as server:
        limit_file_size(server.pid, 1_000_000)
        with an_export(server.port) as answer:
            assert answer.status == 200
            with pytest.raises(http.client.IncompleteRead) as caught:
                answer.read()
        assert caught.value.partial.count(b"\n") == 101
        assert server.get("/health/detailed")["quarantined_files"] == 0
        until(lambda: not any((data_dir / "tmp").glob("mallard-*")))


def test_a_client_that_goes_away_leaves_nothing_behind(data_dir: Path) -> None:
    lay_down(data_dir, 150_000, datetime.now(UTC).date() - timedelta(days=1))
    with running(data_dir) as server:
        with an_export(server.port) as answer:
            answer.read(1000)
            assert any((data_dir / "tmp").glob("mallard-*"))
        until(lambda: not any((data_dir / "tmp").glob("mallard-*")))
