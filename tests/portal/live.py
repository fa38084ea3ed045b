"""A Mallard with a portal in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from tests.end_to_end.process import Server

MAY_GROW_BYTES = 20_000_000


def write_settings(path: Path, projects: str, **portal: int) -> Path:
    """A settings file with a portal."""
    lines = "\n".join(f"{key} = {value}" for key, value in portal.items())
    path.write_text(f"[portal]\n{lines}\n{projects}\n", encoding="utf-8")
    return path


def project(name: str, **places: object) -> str:
    """The table of a project."""
    lines = "\n".join(f'{key} = "{value}"' for key, value in places.items())
    return f"[portal.projects.{name}]\n{lines}\n"


@contextmanager
def portal_server(data_dir: Path, projects: str, **portal: int) -> Iterator[Server]:
    """A server that is stopped in order at the end."""
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    config = write_settings(data_dir.parent / "mallard.toml", projects, **portal)
    server = Server(data_dir, config=config)
    try:
        yield server
    finally:
        server.stop()


def rows(data_dir: Path, sql: str) -> list[tuple[Any, ...]]:
    """What a DuckDB shell shows of the database of a stopped server."""
    with duckdb.connect(str(data_dir / "mallard.duckdb"), read_only=True) as shell:
        return shell.execute(sql).fetchall()


def resident_peak(server: Server, begin_anew: bool = False) -> int:
    """The most memory that the server has had, in bytes; its present one where that begins anew."""
    process = Path("/proc", str(server.pid))
    if begin_anew:
        (process / "clear_refs").write_text("5")
    lines = (process / "status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024
