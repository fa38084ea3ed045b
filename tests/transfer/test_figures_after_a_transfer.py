"""What rollups add up to is what the events say, in an instance that has them from another."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from mallard.app import Mallard
from mallard.reports.query import ALL_TIME
from mallard.store.upkeep.days import Upkeep
from mallard.transfer.exporting import Wanted
from mallard.transfer.formats import Format
from mallard.transfer.importing import import_source
from mallard.transfer.restoring import restore
from mallard.transfer.sources import opened
from tests.builders import NOON, TODAY, store_events
from tests.fuzz.size import so_many
from tests.reports.visits import (
    FIRST,
    SITES,
    assert_no_report_depends_on_rollups,
    queries,
    visits,
)

pytestmark = pytest.mark.fuzz

DAYS = [FIRST + timedelta(days=n) for n in range(so_many(6, 10))]


def build(mallard: Mallard) -> None:
    Upkeep(mallard.store, lambda: TODAY).build_all()
    assert mallard.store.without_rollups() == []


def take_over(mallard: Mallard, file: Path) -> None:
    with opened(file) as (source, sha256):
        import_source(source, sha256, mallard.transfer, NOON, print, lambda: None)


def test_days_that_are_imported_beside_others_add_up_to_their_events(
    mallard: Mallard, start: Callable[..., Mallard], tmp_path: Path
):
    """Visitors return: whoever is imported may have been there on days before and after."""
    rng = random.Random(4)
    mallard.store.rollups.keeps_from = 0
    store_events(mallard.store, "b1", visits(rng, SITES, [*DAYS[2:6], TODAY], 6))
    mallard.flusher.roll()
    build(mallard)
    other = start(data_dir=tmp_path / "other")
    store_events(other.store, "b1", visits(rng, SITES, DAYS, 6))
    for number, site in enumerate(SITES):
        file = tmp_path / f"{number}.parquet"
        file.write_bytes(b"".join(other.transfer.export(Wanted(site, ALL_TIME, Format.PARQUET))))
        take_over(mallard, file)
    asked = list(queries())
    assert_no_report_depends_on_rollups(mallard.store, asked[::6])
    build(mallard)
    assert_no_report_depends_on_rollups(mallard.store, asked[1::5])


def test_restored_days_add_up_to_their_events(
    mallard: Mallard, start: Callable[..., Mallard], tmp_path: Path
):
    rng = random.Random(5)
    store_events(mallard.store, "b1", visits(rng, SITES, DAYS, 6))
    mallard.flusher.roll()
    build(mallard)
    store_events(mallard.store, "b2", visits(rng, SITES, [*DAYS[3:5], TODAY]))
    restore(io.BytesIO(b"".join(mallard.transfer.backup())), tmp_path / "restored", False)
    restored = start(data_dir=tmp_path / "restored")
    asked = list(queries())
    assert_no_report_depends_on_rollups(restored.store, asked[::6])
    build(restored)
    assert_no_report_depends_on_rollups(restored.store, asked[1::5])
