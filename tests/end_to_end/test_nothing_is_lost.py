"""SIGKILL, full disks and restored copies: every event answered 202 is there, exactly once."""

from __future__ import annotations

import random
import resource
import shutil
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.importers import Importers, make_key
from tests.end_to_end.process import (
    Server,
    Visitors,
    assert_each_once,
    running,
    stored_paths,
)
from tests.fuzz.size import so_many
from tests.waiting import until

pytestmark = pytest.mark.fuzz

KILLS = so_many(6, 40)
RESTLESS: dict[str, Any] = {"flush_count": 40, "flush_interval": 1, "duckdb_threads": 1}
"""Settings under which something is always being flushed, written or merged."""


def test_sigkill_at_random_moments_loses_nothing(data_dir: Path) -> None:
    moments = random.Random(20)
    server = Server(data_dir, **RESTLESS)
    with Visitors(server.port) as visitors:
        for _ in range(KILLS):
            wait_for_answers(visitors, 202, moments.randrange(50, 1000))
            server.stop(signal.SIGKILL)
            server = Server(data_dir, port=visitors.port, **RESTLESS)
    assert server.total() >= len(visitors.acknowledged)
    assert server.get("/health/detailed")["status"] == "ok"
    assert server.stop() == 0
    assert len(visitors.acknowledged) >= 50 * KILLS
    assert_each_once(stored_paths(data_dir), visitors.acknowledged)


def test_a_full_disk_loses_nothing_that_was_acknowledged(data_dir: Path) -> None:
    sizes = random.Random(7)
    with running(data_dir, **RESTLESS) as server, Visitors(server.port) as visitors:
        for _ in range(6):
            wait_for_answers(visitors, 202, 150)
            limit_file_size(server.pid, sizes.choice((0, 1000, 4000, 20_000, 100_000)))
            wait_for_answers(visitors, 503, 20)
            limit_file_size(server.pid, resource.RLIM_INFINITY)
        wait_for_answers(visitors, 202, 150)
    assert set(visitors.answers) == {202, 503}
    assert server.exit_code == 0
    assert_each_once(stored_paths(data_dir), visitors.acknowledged)


def test_sigkill_loses_nothing_of_a_batch_that_was_answered(data_dir: Path) -> None:
    key = make_key(data_dir)
    moments = random.Random(21)
    server = Server(data_dir, **RESTLESS)
    with Importers(server.port, key) as importers, Visitors(server.port) as visitors:
        for _ in range((KILLS + 1) // 2):
            wait_for_answers(visitors, 202, moments.randrange(50, 600))
            wait_for_answers(importers, 200, moments.randrange(10))
            server.stop(signal.SIGKILL)
            server = Server(data_dir, port=visitors.port, **RESTLESS)
    assert server.get("/health/detailed")["status"] == "ok"
    assert server.stop() == 0
    assert set(importers.answers) == {200}
    stored = stored_paths(data_dir)
    assert_each_once(stored, importers.acknowledged + visitors.acknowledged)
    assert_whole_batches(stored, importers)


def test_of_a_batch_that_met_a_full_disk_nothing_is_stored(data_dir: Path) -> None:
    key = make_key(data_dir)
    sizes = random.Random(8)
    with (
        running(data_dir, **RESTLESS) as server,
        Importers(server.port, key) as importers,
        Visitors(server.port, threads=1) as visitors,
    ):
        for _ in range(6):
            wait_for_answers(importers, 200, 10)
            limit_file_size(server.pid, sizes.choice((0, 1000, 20_000, 50_000, 200_000)))
            wait_for_answers(importers, 503, 5)
            limit_file_size(server.pid, resource.RLIM_INFINITY)
        wait_for_answers(importers, 200, 10)
    assert set(importers.answers) == {200, 503}
    assert server.exit_code == 0
    stored = stored_paths(data_dir)
    assert_each_once(stored, importers.acknowledged + visitors.acknowledged)
    assert not set(importers.refused) & set(stored)


def assert_whole_batches(stored: Counter[str], importers: Importers) -> None:
    """Also of what was cut off before the answer all or nothing is there."""
    sizes = Counter(p.rpartition("/")[0] for p in stored if p.startswith("/batch/"))
    assert set(sizes.values()) == {importers.batch}


def test_a_copy_made_under_load_holds_all_that_was_acknowledged_before(
    data_dir: Path, tmp_path: Path
) -> None:
    copies = []
    with running(data_dir, **RESTLESS) as server, Visitors(server.port) as visitors:
        for number in range(so_many(3, 12)):
            wait_for_answers(visitors, 202, 300)
            acknowledged = list(visitors.acknowledged)
            copies.append((copy_like_rsync(data_dir, tmp_path / f"copy{number}"), acknowledged))
    for copy, acknowledged in copies:
        with running(copy):
            pass
        assert_each_once(stored_paths(copy), acknowledged)


def test_an_old_copy_laid_over_a_newer_tree_counts_nothing_twice(
    data_dir: Path, tmp_path: Path
) -> None:
    with running(data_dir, **RESTLESS) as server, Visitors(server.port) as visitors:
        wait_for_answers(visitors, 202, 300)
        copy = copy_like_rsync(data_dir / "events", tmp_path / "copy")
        wait_for_more_files(data_dir, 10)
    shutil.copytree(copy, data_dir / "events", dirs_exist_ok=True)
    with running(data_dir) as server:
        assert server.total() == len(visitors.acknowledged)
    assert_each_once(stored_paths(data_dir), visitors.acknowledged)


def limit_file_size(pid: int, size: int) -> None:
    """No file of the process may grow beyond `size` bytes: to it, the disk is full."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def wait_for_answers(clients: Visitors | Importers, status: int, more: int) -> None:
    """Returns when there were so many more answers of a status."""
    goal = clients.answers[status] + more
    until(lambda: clients.answers[status] >= goal)


def wait_for_more_files(data_dir: Path, number: int) -> None:
    """Returns when a file of this number was written, and others merged therefore."""
    until(lambda: any(int(p.stem) >= number for p in data_dir.rglob("events/*/*/*.parquet")))


def copy_like_rsync(source: Path, target: Path) -> Path:
    """Copies file by file in the order of names; what vanishes meanwhile is left out."""
    target.mkdir(parents=True)
    for entry in sorted(source.iterdir()):
        if entry.is_dir():
            copy_like_rsync(entry, target / entry.name)
        elif not entry.is_socket():
            try:
                shutil.copy(entry, target / entry.name)
            except FileNotFoundError:
                continue
    return target
