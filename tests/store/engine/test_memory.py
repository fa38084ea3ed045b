"""DuckDB's share of the memory there is: of a machine, or of a container on a large machine."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from mallard.store.engine.allocator import DECAY_MS, decay_ms, give_back_now
from mallard.store.engine.memory import (
    LEAST,
    MIB,
    MOST,
    available_bytes,
    default_limit,
    fit_threads,
)
from tests.builders import open_store

SMALL = 200 * MIB


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n")


@pytest.fixture
def membership(tmp_path: Path) -> Path:
    return tmp_path / "cgroup"


@pytest.fixture
def cgroups(tmp_path: Path) -> Path:
    return tmp_path / "sys"


@pytest.mark.parametrize(
    ("available", "limit"),
    [(64 << 30, MOST), (512 * MIB, 204 * MIB), (400 * MIB, 160 * MIB), (128 * MIB, LEAST)],
)
def test_the_default_is_two_fifths_of_the_memory_within_bounds(available: int, limit: int) -> None:
    assert default_limit(available) == f"{limit // MIB}MiB"


@pytest.mark.parametrize(
    ("group", "file"),
    [
        ("0::/system.slice/mallard.service", "system.slice/mallard.service/memory.max"),
        ("0::/system.slice/mallard.service", "system.slice/memory.high"),
        ("0::/", "memory.max"),
        ("0::/not/seen/from/within", "memory.max"),
        ("4:cpu,memory:/docker/1f0d", "memory/docker/1f0d/memory.limit_in_bytes"),
        ("4:memory:/docker/1f0d", "memory/memory.limit_in_bytes"),
    ],
)
def test_a_limit_of_the_control_group_or_of_one_above_it_holds(
    membership: Path, cgroups: Path, group: str, file: str
) -> None:
    write(membership, f"9:name=systemd:/\n{group}")
    write(cgroups / file, str(SMALL))
    assert available_bytes(membership, cgroups) == SMALL


def test_the_lowest_of_several_limits_holds(membership: Path, cgroups: Path) -> None:
    write(membership, "0::/a/b")
    for file, limit in (("memory.max", 3), ("a/memory.max", 1), ("a/b/memory.max", 2)):
        write(cgroups / file, str(limit * SMALL))
    assert available_bytes(membership, cgroups) == SMALL


@pytest.mark.parametrize("text", ["max", "", "9223372036854771712"])
def test_without_a_limit_it_is_the_machines_memory(
    membership: Path, cgroups: Path, text: str
) -> None:
    machine = available_bytes(membership, cgroups)
    write(membership, "0::/\n4:memory:/")
    write(cgroups / "memory.max", text)
    write(cgroups / "memory/memory.limit_in_bytes", text)
    assert available_bytes(membership, cgroups) == machine > SMALL


@pytest.mark.parametrize(("limit", "threads"), [("1GiB", 8), ("256MiB", 4), ("96MB", 1)])
def test_there_are_as_many_threads_as_the_limit_has_room_for(limit: str, threads: int) -> None:
    with duckdb.connect(config={"threads": 8, "memory_limit": limit}) as connection:
        fit_threads(connection)
        found = connection.execute("select current_setting('threads')").fetchone()
    assert found == (threads,)


@pytest.mark.skipif(decay_ms() is None, reason="this DuckDB has no jemalloc")
def test_the_allocator_gives_back_soon_once_a_database_is_open(data_dir: Path) -> None:
    open_store(data_dir).close()
    assert decay_ms() == DECAY_MS["dirty_decay_ms"]


def test_the_allocator_gives_back_at_once_where_it_can() -> None:
    assert give_back_now() is (decay_ms() is not None)


IDS = "select count(*) from (select distinct sha256(n::varchar) from range(1500000) as ns (n))"
"""More than LEAST has room for."""


def test_what_does_not_fit_goes_to_the_disk(data_dir: Path) -> None:
    store = open_store(data_dir)
    with store.database.writer() as writer:
        writer.execute(f"set memory_limit = '{LEAST // MIB}MiB'")
        assert writer.execute(IDS).fetchone() == (1_500_000,)
        writer.execute("set max_temp_directory_size = '0B'")
        with pytest.raises(duckdb.OutOfMemoryException):
            writer.execute(IDS)
    store.close()
