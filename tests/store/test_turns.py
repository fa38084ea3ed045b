"""Heavy reports wait for each other, light ones for nobody."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from mallard.store.deadlines import QueryTimeout
from mallard.store.partitions import ColdFile
from mallard.store.turns import AT_ONCE, LIGHT_BYTES, Turns

PATIENCE_SECS = 30


@pytest.fixture
def large(tmp_path: Path) -> ColdFile:
    path = tmp_path / "large.parquet"
    with path.open("wb") as file:
        file.truncate(LIGHT_BYTES + 1)
    return ColdFile(path)


@pytest.fixture
def small(tmp_path: Path) -> ColdFile:
    path = tmp_path / "small.parquet"
    path.write_bytes(b"little")
    return ColdFile(path)


def test_a_heavy_report_more_waits_until_one_has_ended(large: ColdFile) -> None:
    turns = Turns(PATIENCE_SECS)
    has_run = threading.Event()

    def read() -> None:
        with turns.take([large]):
            has_run.set()

    with ExitStack() as running:
        for _ in range(AT_ONCE):
            running.enter_context(turns.take([large]))
        waiting = threading.Thread(target=read)
        waiting.start()
        assert not has_run.wait(0.05)
    waiting.join(PATIENCE_SECS)
    assert has_run.is_set()


def test_one_that_waits_too_long_is_told_so(large: ColdFile, small: ColdFile) -> None:
    turns = Turns(0.01)
    with ExitStack() as running:
        for _ in range(AT_ONCE):
            running.enter_context(turns.take([large]))
        with turns.take([small]):
            pass
        with pytest.raises(QueryTimeout, match=r"waiting for 0\.01 seconds"), turns.take([large]):
            pass
    with turns.take([large, small]):
        pass
