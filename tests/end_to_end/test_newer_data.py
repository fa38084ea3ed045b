"""Who goes back to an older Mallard is told so, and loses nothing by having tried."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb

from tests.builders import open_store
from tests.waiting import PATIENCE_SECS


def test_a_newer_schema_ends_the_start_with_one_line_and_exit_code_1(data_dir: Path) -> None:
    open_store(data_dir).close()
    database = data_dir / "mallard.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute("update schema_version set version = 99")
    before = database.read_bytes()
    done = subprocess.run(
        [sys.executable, "-m", "mallard", "serve"],
        env={**os.environ, "MALLARD_DATA_DIR": str(data_dir), "MALLARD_PORT": "0"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECS,
    )
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert "has schema 99, made by a newer Mallard" in last
    assert "Nothing was changed" in last
    assert "Traceback" not in done.stderr
    assert database.read_bytes() == before
