"""Short-lived files in `data_dir/tmp`, which DuckDB uses for what does not fit into memory."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mallard.durable import Insist, anywhere
from mallard.folders import entries

_PREFIX = "mallard-"
_LEFTOVERS = (_PREFIX, "duckdb_temp_")
"""DuckDB leaves what it had moved out of memory, and that may be events."""


class Scratch:
    """Gives out files and directories that are gone as soon as they are no longer needed."""

    def __init__(self, data_dir: Path, insist: Insist = anywhere) -> None:
        self._directory = data_dir / "tmp"
        self._insist = insist

    def clear(self) -> None:
        """Deletes what a killed process left; before anything is given out."""
        leftovers = (p for p in entries(self._directory) if p.name.startswith(_LEFTOVERS))
        for leftover in leftovers:
            if leftover.is_dir():
                shutil.rmtree(leftover)
            else:
                leftover.unlink()

    def reserved(self, name: str) -> Path:
        """Where a process of its own may have a directory, which a start clears, too."""
        return self._directory / f"{_PREFIX}{name}"

    @contextmanager
    def file(self) -> Iterator[Path]:
        """The path of a file that does not exist yet, and does not afterwards."""
        path = self._fresh()
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    @contextmanager
    def directory(self) -> Iterator[Path]:
        """An empty directory, deleted afterwards with all that is in it."""
        path = self._fresh()
        path.mkdir(mode=0o700)
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def free_bytes(self) -> int:
        """How much more the disk takes."""
        return shutil.disk_usage(self._directory.parent).free

    def _fresh(self) -> Path:
        self._insist()
        self._directory.mkdir(mode=0o700, exist_ok=True)
        return self._directory / f"{_PREFIX}{secrets.token_hex(8)}"
