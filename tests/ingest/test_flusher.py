"""The flusher moves events on and loses none, also when the store cannot take them for a while."""

from __future__ import annotations

import shutil
import threading
from datetime import date, timedelta
from pathlib import Path

import duckdb
import msgspec
import pytest
from werkzeug.test import Client

from mallard.ingest.flusher import MAX_HOT_ROWS, Flusher
from mallard.ingest.journal import Journal
from mallard.model import Period, Unavailable
from mallard.store.deletion.days import finish
from mallard.store.engine.database import Database
from mallard.store.store import Store
from mallard.wsgi import application
from tests.builders import NOON, TODAY, an_event
from tests.conftest import abandon, post_event, stored_events
from tests.waiting import PATIENCE_SECS, until

EVENT = {"d": "example.com", "n": "pageview", "u": "https://example.com/"}


class Unreliable(Store):
    """A store that fails as often as it is told to, and may claim to be full."""

    appends_to_fail = 0
    rolls_to_fail = 0
    claims_rows: int | None = None
    counts_to_fail = 0

    def append(self, batch: str, segment: Path, within_secs: float | None = None) -> None:
        if self.appends_to_fail:
            self.appends_to_fail -= 1
            raise duckdb.IOException("no room for rows")
        super().append(batch, segment, within_secs)

    def roll(self) -> None:
        if self.rolls_to_fail:
            self.rolls_to_fail -= 1
            raise OSError("no room for files")
        super().roll()

    def hot_rows(self) -> int:
        if self.counts_to_fail:
            self.counts_to_fail -= 1
            raise duckdb.IOException("cannot count")
        return super().hot_rows() if self.claims_rows is None else self.claims_rows


class Parts:
    """A journal, an unreliable store and a flusher between them."""

    def __init__(self, data_dir: Path) -> None:
        data_dir.mkdir(exist_ok=True)
        self.journal = Journal(data_dir / "journal")
        self.store = Unreliable(data_dir, Database(data_dir, TODAY, threads=1))
        self.flusher = Flusher(self.journal, self.store, interval_secs=3600, sync_secs=3600)

    def append(self, count: int = 1, path: str = "/") -> None:
        for number in range(count):
            event = an_event(NOON + timedelta(seconds=number), path)
            self.journal.append(msgspec.json.encode(event) + b"\n")

    def files(self) -> int:
        return sum(1 for _ in self.store.cold.partitions.root.rglob("*.parquet"))


@pytest.fixture
def parts(data_dir: Path):
    parts = Parts(data_dir)
    yield parts
    parts.flusher.stop(PATIENCE_SECS)
    parts.store.close()


def test_a_flush_brings_everything_into_the_hot_table(parts: Parts) -> None:
    assert parts.flusher.flush()
    parts.append(3)
    assert parts.flusher.flush()
    assert (parts.store.hot_rows(), parts.journal.pending, parts.files()) == (3, 0, 0)
    assert parts.flusher.flush()
    assert parts.store.hot_rows() == 3


def test_a_roll_ends_in_parquet_and_empties_the_hot_table(parts: Parts) -> None:
    parts.append(3)
    assert parts.flusher.roll()
    assert (parts.store.hot_rows(), parts.journal.pending, parts.files()) == (0, 0, 1)


def test_a_failed_flush_keeps_its_batch_is_counted_and_tried_again(parts: Parts) -> None:
    parts.append(2)
    parts.store.appends_to_fail = 2
    assert not parts.flusher.flush()
    parts.append(3)
    assert (parts.flusher.failures, parts.journal.pending) == (1, 5)
    assert not parts.flusher.flush(), "the first batch fails once more, the second is stored"
    assert (parts.store.hot_rows(), parts.journal.pending) == (3, 2)
    assert parts.flusher.roll()
    assert (parts.flusher.failures, parts.journal.pending, parts.store.hot_rows()) == (2, 0, 0)
    with parts.store.database.reader() as connection:
        assert connection.execute("select count(*) from events_all").fetchone() == (5,)


def test_a_failed_roll_leaves_the_events_hot_and_their_segment_on_disk(parts: Parts) -> None:
    parts.append(2)
    parts.store.rolls_to_fail = 1
    assert not parts.flusher.roll()
    assert (parts.flusher.failures, parts.store.hot_rows(), parts.files()) == (1, 2, 0)
    assert parts.journal.size > 0
    assert parts.flusher.roll()
    assert (parts.store.hot_rows(), parts.files()) == (0, 1)


def test_what_is_flushed_while_others_are_rolled_stays_hot(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    roll = parts.store.roll

    def rolling() -> None:
        roll()
        parts.append(3)
        assert parts.flusher.flush()

    monkeypatch.setattr(parts.store, "roll", rolling)
    parts.append(2)
    assert parts.flusher.roll()
    assert (parts.store.hot_rows(), parts.files()) == (3, 1)


def test_a_report_waits_so_long_for_others_who_write_and_no_longer(parts: Parts) -> None:
    parts.append(1)
    refused: list[Unavailable] = []

    def ask() -> None:
        with pytest.raises(Unavailable, match="kept this waiting") as error:
            parts.flusher.bring_in(within_secs=0.01)
        refused.append(error.value)

    with parts.store.database.writer():
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    assert len(refused) == 1
    parts.flusher.bring_in(within_secs=60)
    assert parts.store.hot_rows() == 1


def test_nothing_is_deleted_while_events_cannot_be_stored(parts: Parts) -> None:
    parts.append(1)
    assert parts.flusher.roll()
    parts.append(1)
    parts.store.appends_to_fail = 1
    with pytest.raises(OSError, match="nothing was deleted"):
        parts.flusher.delete_days("example.com", Period(date.min, TODAY + timedelta(days=1)))
    assert parts.files() == 1


def test_deleting_days_takes_the_journal_along(parts: Parts, data_dir: Path) -> None:
    parts.append(2)
    assert parts.flusher.flush()
    parts.append(1)
    parts.flusher.delete_days("example.com", Period(TODAY, TODAY + timedelta(days=1)))
    finish(parts.store)
    assert (parts.store.hot_rows(), parts.files()) == (0, 0)
    segments = [path.read_bytes() for path in (data_dir / "journal").iterdir()]
    assert len(segments) == 2
    assert not any(segment.strip() for segment in segments)


def test_waking_the_flusher_flushes_soon(parts: Parts) -> None:
    parts.flusher.start()
    parts.append(2)
    parts.flusher.wake()
    until(lambda: parts.store.hot_rows() == 2, "the events are hot")
    assert parts.files() == 0


def test_a_full_hot_table_is_rolled_at_once(parts: Parts) -> None:
    parts.flusher.start()
    parts.store.claims_rows = MAX_HOT_ROWS - 1
    parts.append(1)
    parts.flusher.wake()
    until(lambda: parts.journal.pending == 0, "the event is hot")
    assert parts.files() == 0
    parts.store.claims_rows = MAX_HOT_ROWS
    parts.append(1)
    parts.flusher.wake()
    until(lambda: parts.files() == 1, "there is a Parquet file")


def test_the_thread_survives_whatever_goes_wrong(parts: Parts) -> None:
    parts.flusher.start()
    parts.store.counts_to_fail = 1
    parts.append(1)
    parts.flusher.wake()
    until(lambda: parts.flusher.failures == 1, "the failure is counted")
    parts.append(1)
    parts.flusher.wake()
    until(lambda: parts.journal.pending == 0, "the next flush")
    assert parts.store.hot_rows() == 2


def test_the_timer_ends_in_parquet(data_dir: Path) -> None:
    parts = Parts(data_dir)
    flusher = Flusher(parts.journal, parts.store, interval_secs=0.05, sync_secs=0.01)
    flusher.start()
    parts.append(2)
    until(lambda: parts.files() == 1 and not parts.store.hot_rows(), "there is a Parquet file")
    assert flusher.stop(PATIENCE_SECS)
    parts.store.close()


def test_stopping_stores_everything_and_leaves_an_empty_journal(parts: Parts) -> None:
    parts.flusher.start()
    parts.append(3)
    assert parts.flusher.stop(PATIENCE_SECS)
    assert (parts.store.hot_rows(), parts.files(), parts.journal.size) == (0, 1, 0)


def test_stopping_with_a_store_that_fails_leaves_the_journal(parts: Parts) -> None:
    parts.append(3)
    parts.store.appends_to_fail = 1
    assert parts.flusher.stop(PATIENCE_SECS)
    assert (parts.journal.pending, parts.files()) == (3, 0)
    assert parts.journal.size > 0


def test_enough_events_are_flushed_without_being_asked_for(start) -> None:
    mallard = start(flush_event_count=5, flush_interval_secs=3600)
    mallard.start()
    client = Client(application(mallard))
    for _ in range(4):
        post_event(client, EVENT)
    assert (mallard.store.hot_rows(), mallard.journal.pending) == (0, 4)
    post_event(client, EVENT)
    until(lambda: mallard.store.hot_rows() == 5, "five events are hot")
    assert mallard.stop(PATIENCE_SECS)


@pytest.mark.thorough
def test_every_event_is_stored_once_over_many_ends(start, data_dir: Path) -> None:
    """Killed with events in the journal, in the hot table and in files, again and again."""
    paths = []
    for number in range(6):
        mallard = start()
        client = Client(application(mallard))
        for step in range(3):
            paths.append(f"/{number}.{step}")
            post_event(client, EVENT | {"u": paths[-1]})
            if (number + step) % 3 == 0:
                mallard.flusher.flush()
            elif (number + step) % 3 == 1:
                mallard.flusher.roll()
        if number == 3:
            shutil.copytree(data_dir / "journal", data_dir / "copy")
        abandon(mallard)
    shutil.copytree(data_dir / "copy", data_dir / "journal", dirs_exist_ok=True)
    assert [event["pathname"] for event in stored_events(start())] == paths
