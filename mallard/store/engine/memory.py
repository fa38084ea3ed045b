"""How much memory DuckDB takes of a machine or of a container, and how many threads that is for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import duckdb

MIB = 1 << 20

SHARE = 0.4
"""Of all memory. Python and DuckDB's code take a quarter of a small machine, and what DuckDB does
not count, or has freed but not given back yet, a third of its limit: so that all fits."""

LEAST, MOST = 96 * MIB, 1024 * MIB
"""Less does not suffice to read a segment of the journal, which takes two buffers of 32 MiB.

A report that needs more than the most moves what it can to `data_dir/tmp`.
"""

OF_A_THREAD = 64 * MIB
"""With less for each of them, threads that work on one report leave it no room to finish."""

MEMBERSHIP = Path("/proc/self/cgroup")
CGROUPS = Path("/sys/fs/cgroup")


def default_limit(available: int) -> str:
    """The limit that DuckDB gets where none is set, of so many bytes of memory."""
    return f"{max(LEAST, min(int(available * SHARE), MOST)) // MIB}MiB"


def fit_threads(connection: duckdb.DuckDBPyConnection) -> None:
    """Takes back threads that the limit has no room for; DuckDB begins one for every core.

    Those that go on are begun anew, by the thread that calls.
    """
    room = limit_bytes(connection) // OF_A_THREAD
    ((threads,),) = connection.execute("select current_setting('threads')").fetchall()
    connection.execute(f"set threads = {min(threads, max(1, room))}")


def limit_bytes(connection: duckdb.DuckDBPyConnection) -> int:
    """How much memory DuckDB may take."""
    sql = "select parse_formatted_bytes(current_setting('memory_limit'))"
    ((limit,),) = connection.execute(sql).fetchall()
    return int(limit)


def available_bytes(membership: Path = MEMBERSHIP, cgroups: Path = CGROUPS) -> int:
    """The memory that this process may take: the machine's, or what its control group allows."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min((machine, *_limits(membership, cgroups)))


def _limits(membership: Path, cgroups: Path) -> Iterator[int]:
    """The limits of the process's control groups, and of all groups that these are in."""
    for file in _limit_files(membership, cgroups):
        text = _text(file).strip()
        if text.isdigit():  # "max" stands for no limit
            yield int(text)


def _limit_files(membership: Path, cgroups: Path) -> Iterator[Path]:
    for line in _text(membership).splitlines():
        _, controllers, group = line.split(":", 2)
        # A container may not see its group under this name; then the root is what limits it.
        for parent in (PurePosixPath(group), *PurePosixPath(group).parents):
            if not controllers:
                yield Path(f"{cgroups}/{parent}/memory.max")
                yield Path(f"{cgroups}/{parent}/memory.high")
            elif "memory" in controllers.split(","):
                yield Path(f"{cgroups}/memory/{parent}/memory.limit_in_bytes")


def _text(file: Path) -> str:
    try:
        return file.read_text("ascii")
    except (OSError, UnicodeDecodeError):
        return ""
