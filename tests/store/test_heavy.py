"""Heavy reports wait for each other, light ones for nobody."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from mallard.model import Period
from mallard.reports.query import ReportQuery
from mallard.reports.totals import totals
from mallard.store.engine.database import Connection
from mallard.store.engine.deadlines import Deadlines, QueryTimeout
from mallard.store.heavy import AT_ONCE, LIGHT_BYTES, HeavyLane
from mallard.store.parquet.partitions import ColdFile
from mallard.store.upkeep.days import Upkeep
from tests.builders import NOON, TODAY, an_event, open_store, store_events
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
    lane, until = HeavyLane(), monotonic() + PATIENCE_SECS
    has_run = threading.Event()

    def read() -> None:
        with lane.take([large], until):
            has_run.set()

    with ExitStack() as running:
        for _ in range(AT_ONCE):
            running.enter_context(lane.take([large], until))
        waiting = threading.Thread(target=read)
        waiting.start()
        assert not has_run.wait(0.05)
    waiting.join(PATIENCE_SECS)
    assert has_run.is_set()


def test_one_that_waits_too_long_is_told_so(large: ColdFile, small: ColdFile) -> None:
    lane, until = HeavyLane(), monotonic() + 0.01
    with ExitStack() as running:
        for _ in range(AT_ONCE):
            running.enter_context(lane.take([large], until))
        with lane.take([small], until):
            pass
        with pytest.raises(QueryTimeout, match="kept this one waiting"), lane.take([large], until):
            pass
    with lane.take([large, small], until):
        pass


def test_a_report_has_one_time_for_all_that_it_waits_for_and_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[float] = []
    limit, take = Deadlines.limit, HeavyLane.take

    def noting_limit(self: Deadlines, connection: Connection, until: float) -> Any:
        found.append(until)
        return limit(self, connection, until)

    def noting_take(self: HeavyLane, files: Any, until: float) -> Any:
        found.append(until)
        return take(self, files, until)

    monkeypatch.setattr(Deadlines, "limit", noting_limit)
    monkeypatch.setattr(HeavyLane, "take", noting_take)
    store = open_store(tmp_path / "data")
    store_events(store, "b1", [an_event()])
    store.roll()
    Upkeep(store, lambda: TODAY).build_all()
    store_events(store, "b2", [an_event(NOON + timedelta(minutes=1))])
    found.clear()
    today = Period(TODAY, TODAY + timedelta(days=1))
    assert totals(store, ReportQuery("example.com", today)).total_pageviews == 2
    assert len(found) == 5, "the plan, what has come since and the report, two of them in turns"
    assert len(set(found)) == 1
    store.close()
