"""Hosts that are stored in two spellings are one after upkeep has been there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mallard.model import Period
from mallard.reports.breakdown import breakdown
from mallard.reports.query import ReportQuery
from mallard.store.parquet.partitions import Partition
from mallard.store.store import Store
from mallard.store.upkeep.days import Upkeep
from tests.builders import NOON, TODAY, an_event, store_events

SITE = "example.com"
DAYS = Period(TODAY - timedelta(days=3), TODAY + timedelta(days=1))
READ, SENT = "müller.de", "xn--mller-kva.de"


def rows(store: Store, dimension: str) -> list[tuple[str, int]]:
    found = breakdown(store, ReportQuery(SITE, DAYS), dimension)
    return [(row.value, row.visitors) for row in found]


def stored(store: Store) -> None:
    """On one day both spellings, on another names that stay, and one on the day that goes on."""
    then = NOON - timedelta(days=2)
    for nr, host in enumerate((READ, SENT, READ)):
        more = {"visitor_id": f"v{nr}", "referrer_source": host, "city": "Ürzig"}
        store_events(store, f"b{nr}", [an_event(then, "/ü", hostname=host, **more)])
        store.roll()
    plain = {"visitor_id": "v7", "hostname": "plain.de", "referrer_source": "Яндекс"}
    store_events(store, "b8", [an_event(NOON - timedelta(days=1), **plain)])
    store_events(store, "b9", [an_event(visitor_id="v8", hostname="plain.de")])
    store.roll()


def tidy(store: Store) -> None:
    *_, left = Upkeep(store, lambda: TODAY).finish()
    assert left == 0


def test_both_spellings_are_one_row_and_all_else_stays(store: Store) -> None:
    stored(store)
    tidy(store)
    assert rows(store, "hostnames") == [(SENT, 3), ("plain.de", 2)]
    assert dict(rows(store, "sources")) == {SENT: 3, "Яндекс": 1, "(unknown)": 1}
    assert dict(rows(store, "cities"))["Ürzig"] == 3
    assert dict(rows(store, "pages")) == {"/ü": 3, "/": 2}
    assert store.without_rollups() == []


def test_what_has_been_put_right_is_let_be(store: Store) -> None:
    stored(store)
    tidy(store)
    before = [file.mark for file in store.cold.partitions.files_in(SITE, DAYS)]
    tidy(store)
    assert [file.mark for file in store.cold.partitions.files_in(SITE, DAYS)] == before


@pytest.mark.parametrize("is_read", [True, False])
def test_a_file_that_cannot_be_read_keeps_no_other_from_it(store: Store, is_read: bool) -> None:
    stored(store)
    (broken,) = store.cold.partitions.files(Partition(SITE, TODAY - timedelta(days=1)))
    broken.path.write_bytes(b"no Parquet")
    broken.has_types = is_read or None
    tidy(store)
    assert rows(store, "hostnames") == [(SENT, 3), ("plain.de", 1)]
    assert store.cold.quarantined() == 1
