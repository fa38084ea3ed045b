"""Small days are worked out together, to the very figures that each has by itself."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mallard.model import Period
from mallard.reports.query import ReportQuery
from mallard.reports.rollups import ROLLUPS
from mallard.reports.totals import totals
from mallard.store.parquet.partitions import Partition
from mallard.store.rollups import figures, small_days
from mallard.store.store import Store
from mallard.store.upkeep import building
from mallard.store.upkeep.days import Upkeep
from mallard.zones.days import UTC
from tests.builders import NOON, TODAY, an_event, open_store, store_events
from tests.fuzz.size import so_many
from tests.reports.visits import FIRST, SITES, visits

pytestmark = pytest.mark.thorough

DAYS = [FIRST + timedelta(days=n) for n in range(8)]
ZONES = (UTC, "Asia/Kolkata", "America/New_York", "Asia/Kathmandu", "Pacific/Apia")
TABLES = ("visitors", "shared", *(rollup.name for rollup in ROLLUPS))


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many days were worked out together and written, each time."""
    worked_out: list[int] = []
    written: list[int] = []
    work_out, write = small_days.work_out_together, small_days.write_together

    def counting(*args: Any) -> Any:
        made = work_out(*args)
        worked_out.append(len(made))
        return made

    def writing(*args: Any) -> None:
        write(*args)
        written.append(worked_out[-1])

    monkeypatch.setattr(figures, "work_out_together", counting)
    monkeypatch.setattr(figures, "write_together", writing)
    return written


def filled(directory: Path, seed: int, zone: str = UTC, is_apart: bool = True) -> Store:
    """A store where nobody does two things at once, if they are to come in a microsecond apart."""
    store = open_store(directory, lambda _: zone)
    days = DAYS if zone == UTC or so_many(0, 1) else DAYS[:2]
    found = visits(random.Random(seed), SITES, days, 12)
    apart = {(event.site_id, event.visitor_id, event.timestamp): event for event in found}
    store_events(store, "b1", apart.values() if is_apart else found)
    store.roll()
    return store


def rows_of(store: Store) -> dict[str, list[str]]:
    """All rows of all rollups: those that say the same are equal as text, in whatever order."""
    alias = store.rollups.alias
    with store.database.reader() as connection:
        return {
            table: sorted(
                repr(tuple(sorted(map(repr, v)) if isinstance(v, list) else v for v in row))
                for row in connection.execute(f"select * from {alias}.{table}").fetchall()
            )
            for table in TABLES
        }


@pytest.mark.fuzz
@pytest.mark.parametrize("zone", ZONES[: so_many(2, 5)])
@pytest.mark.parametrize("seed", range(so_many(1, 3)))
def test_their_figures_are_those_of_each_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, together: list[int], seed: int, zone: str
) -> None:
    store = filled(tmp_path / "together", seed, zone)
    over = [partition for partition in store.without_rollups() if partition.day < TODAY]
    Upkeep(store, lambda: TODAY).build_all()
    assert sum(together) == len(over)
    batches = len(together)
    found = rows_of(store)
    store.close()
    monkeypatch.setattr(small_days, "SMALL_BYTES", 0)
    store = filled(tmp_path / "alone", seed, zone)
    Upkeep(store, lambda: TODAY).build_all()
    assert len(together) == batches
    assert found == rows_of(store)
    assert all(found[rollup.name] for rollup in ROLLUPS)
    store.close()


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", range(so_many(1, 3)))
def test_figures_are_the_same_of_kept_sessions_and_of_events_that_came_at_one_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, together: list[int], seed: int
) -> None:
    store = filled(tmp_path / "together", seed, is_apart=False)
    Upkeep(store, lambda: TODAY).build_all()
    assert together
    of_events = rows_of(store)
    store.close()
    monkeypatch.setattr(small_days, "SMALL_BYTES", 0)
    store = filled(tmp_path / "alone", seed, is_apart=False)
    Upkeep(store, lambda: TODAY).build_all()
    of_kept = rows_of(store)
    # A list of what happened at one moment is in any order.
    assert {**of_kept, "legs": []} == {**of_events, "legs": []}
    store.close()


def test_sites_of_a_zone_are_worked_out_together_and_days_without_an_event_too(
    tmp_path: Path, together: list[int]
) -> None:
    zones = {"a.example": "Asia/Kolkata", "b.example": UTC, "c.example": "Asia/Kolkata"}
    store = open_store(tmp_path, lambda site_id: zones[site_id])
    # At noon of UTC it is the same day in Kolkata, but the file has a part of the next one as well.
    moments = [NOON - timedelta(days=n) for n in (2, 3)]
    store_events(store, "b1", [an_event(at, site_id=site) for site in zones for at in moments])
    store.roll()
    Upkeep(store, lambda: TODAY).build_all()
    assert sorted(together) == [2, 6], "of each site in Kolkata there are three days"
    assert store.without_rollups() == []
    for site, zone in zones.items():
        for day, visitors in ((TODAY - timedelta(days=n), int(n != 1)) for n in (1, 2, 3)):
            query = ReportQuery(site, Period(day, day + timedelta(days=1), zone))
            assert totals(store, query).unique_visitors == visitors
    store.close()


@pytest.mark.parametrize("zone", (UTC, "Asia/Kolkata"))
def test_a_day_with_events_of_another_is_left_to_itself(
    tmp_path: Path, together: list[int], zone: str
) -> None:
    store = open_store(tmp_path, lambda _: zone)
    days = [TODAY - timedelta(days=n) for n in (1, 2, 3, 4)]
    for n, day in enumerate(days, start=1):
        store_events(store, f"b{n}", [an_event(NOON - timedelta(days=n), visitor_id=str(day))])
    store.roll()
    first, second = (store.cold.partitions.files(Partition("example.com", day)) for day in days[:2])
    first[0].path.replace(second[0].path.with_name("0009.parquet"))
    store.close()
    again = open_store(tmp_path, lambda _: zone)
    Upkeep(again, lambda: TODAY).build_all()
    assert together == [2], "of the days that rest on neither of the two files"
    assert again.without_rollups() == []
    query = ReportQuery("example.com", Period(days[-1], TODAY, zone))
    assert totals(again, query).unique_visitors == 4
    again.close()


@pytest.mark.thorough
def test_days_are_seen_to_when_they_cannot_be_worked_out_together(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_events(store, "b1", visits(random.Random(1), SITES, DAYS))
    store.roll()
    monkeypatch.setattr(figures, "work_out_together", lambda *_: [])
    *_, left = Upkeep(store, lambda: TODAY).finish()
    assert left == 0
    assert store.without_rollups() == []


@pytest.mark.thorough
def test_where_a_day_changes_meanwhile_none_gets_figures_and_each_does_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = filled(tmp_path, 1)
    changed = Partition(SITES[0], DAYS[3])
    work_out = small_days.work_out_together

    def changing(*args: Any) -> Any:
        made = work_out(*args)
        store_events(store, "b2", visits(random.Random(2), [changed.site_id], [changed.day]))
        store.roll()
        return made

    monkeypatch.setattr(figures, "work_out_together", changing)
    with store.database.side_writer() as connection:
        days = [Partition(SITES[0], day) for day in DAYS]
        building.build_together(store, connection, days)
        assert not [p for p in days if store.rollups.of(p)]
    monkeypatch.undo()
    Upkeep(store, lambda: TODAY).build_all()
    assert all(store.rollups.of(p) for p in days)
    assert store.without_rollups() == []
    store.close()
