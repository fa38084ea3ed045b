"""Reports asked while batches come, days are rolled up and others erased tell the truth."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from mallard.model import Period
from mallard.reports.query import ReportQuery
from mallard.reports.totals import totals
from mallard.store.deletion.days import delete_days, finish
from mallard.store.upkeep import days as upkeep_module
from mallard.store.upkeep.days import Upkeep
from tests.builders import NOON, TODAY, an_event, open_store, store_events

BATCHES = 40
DAYS = 3
ONE_DAY = timedelta(days=1)
READERS = 2


@pytest.mark.thorough
def test_every_answer_holds_what_was_stored_and_nothing_erased(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep_module, "LOOKS_EVERY_SECS", 0.01)
    monkeypatch.setattr(upkeep_module, "REST", 0.0)
    monkeypatch.setattr(upkeep_module, "AGAIN", 0.0)
    store = open_store(data_dir)
    upkeep = Upkeep(store, lambda: TODAY)
    query = ReportQuery("kept.example", Period(TODAY - timedelta(days=DAYS), TODAY + ONE_DAY))
    begun = stored = 0
    wrong: list[object] = []
    is_over = threading.Event()

    def read() -> None:
        try:
            while not is_over.is_set():
                least = stored
                found = totals(store, query)
                if not least <= found.total_pageviews <= begun * DAYS:
                    wrong.append((least, found, begun * DAYS))
                if found.unique_visitors != found.total_pageviews:
                    wrong.append(found)
        except Exception as error:
            wrong.append(error)

    readers = [threading.Thread(target=read) for _ in range(READERS)]
    upkeep.start()
    for reader in readers:
        reader.start()
    for number in range(BATCHES):
        begun += 1
        days = [NOON - timedelta(days=back) for back in range(DAYS)]
        store_events(
            store,
            f"b{number}",
            [
                an_event(day, site_id=site, visitor_id=f"{number} {day}")
                for day in days
                for site in ("kept.example", "erased.example")
            ],
        )
        stored += DAYS
        if number % 2:
            store.roll()
        if number % 10 == 9:
            everything = Period(TODAY - timedelta(days=DAYS), TODAY + ONE_DAY)
            delete_days(store, "erased.example", everything, reaches_copies=number % 20 == 9)
            gone = totals(store, ReportQuery("erased.example", everything))
            assert gone.total_pageviews == 0
            finish(store)
    is_over.set()
    for reader in readers:
        reader.join()
    upkeep.stop()
    assert wrong == []
    assert totals(store, query).total_pageviews == BATCHES * DAYS
    store.close()
