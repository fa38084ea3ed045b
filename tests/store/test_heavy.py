"""Heavy reports wait for each other, light ones for nobody."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from mallard.store.engine.deadlines import QueryTimeout
from mallard.store.heavy import AT_ONCE, LIGHT_BYTES, HeavyLane
from mallard.store.parquet.partitions import ColdFile
from tests.waiting import PATIENCE_SECS


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
    lane = HeavyLane(PATIENCE_SECS)
    has_run = threading.Event()

    def read() -> None:
        with lane.take([large]):
            has_run.set()

    with ExitStack() as running:
        for _ in range(AT_ONCE):
            running.enter_context(lane.take([large]))
        waiting = threading.Thread(target=read)
        waiting.start()
        assert not has_run.wait(0.05)
    waiting.join(PATIENCE_SECS)
    assert has_run.is_set()


def test_one_that_waits_too_long_is_told_so(large: ColdFile, small: ColdFile) -> None:
    lane = HeavyLane(0.01)
    with ExitStack() as running:
        for _ in range(AT_ONCE):
            running.enter_context(lane.take([large]))
        with lane.take([small]):
            pass
        with pytest.raises(QueryTimeout, match=r"waiting for 0\.01 seconds"), lane.take([large]):
            pass
    with lane.take([large, small]):
        pass
