"""Small days of a site are corrected together, with the very rows that each has by itself."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mallard.model import Event
from mallard.reports.rollups import ROLLUPS
from mallard.store.rollups import corrections, returning_together, returning_visitors
from mallard.store.store import Store
from mallard.store.upkeep.correcting import correct_together, uncorrected
from mallard.store.upkeep.days import Upkeep
from mallard.zones.days import UTC as UTC_ZONE
from tests.builders import TODAY, an_event, open_store, store_events
from tests.fuzz.size import so_many
from tests.reports.visits import a_price

pytestmark = pytest.mark.thorough

SITES = ("a.example", "b.example")
DAYS = [TODAY - timedelta(days=n) for n in range(6, 0, -1)]
KINDS = [
    (UTC_ZONE, 0.0, 92),
    ("Asia/Kathmandu", 0.4, 3),
    (UTC_ZONE, 0.4, 3),
    ("America/New_York", 0.0, 92),
]
"""Of zones, of the share of days with visits around midnight, and of days that are looked back."""
GAPS = (1, 60, 1799, 1800, 1801, 3600)


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> list[list[date]]:
    """The days that were corrected together, each time."""
    corrected: list[list[date]] = []
    correct = returning_together.correct_together

    def noting(*args: Any) -> list[date]:
        made = correct(*args)
        corrected.append(made)
        return made

    monkeypatch.setattr(corrections, "correct_together", noting)
    return corrected


def visits(rng: random.Random, late: float) -> Iterator[Event]:
    """Of visitors who return, on some days around midnight."""
    for site in SITES:
        for day in DAYS:
            is_late = rng.random() < late
            for number in range(8):
                if rng.random() < 0.4:
                    yield from _a_visit(rng, site, day, f"v{number}", is_late)


def _a_visit(
    rng: random.Random, site: str, day: date, visitor: str, is_late: bool
) -> Iterator[Event]:
    minutes = rng.choice([1, 1410, 1439]) if is_late else rng.randrange(9 * 60, 12 * 60)
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minutes)
    for _ in range(rng.randrange(1, 5)):
        # Nobody does two things at one moment.
        moment += timedelta(seconds=rng.choice(GAPS), microseconds=rng.randrange(1, 10**6))
        yield an_event(
            moment,
            rng.choice(["/", "/a", "/b"]),
            site_id=site,
            visitor_id=visitor,
            event_name=rng.choice(["pageview", "pageview", "signup"]),
            referrer_source=rng.choice([None, "Google", "Bing"]),
            browser=rng.choice(["Firefox", "Chrome"]),
            country_code=rng.choice([None, "DE", "FR"]),
            props=rng.choice([None, '{"plan":"pro","n":1}', '{"plan":["pro","free"]}']),
            **a_price(rng),
        )


def filled(directory: Path, seed: int, zone: str, late: float) -> Store:
    store = open_store(directory, lambda _: zone)
    store_events(store, "b1", visits(random.Random(seed), late))
    store.roll()
    return store


def rows_of(store: Store) -> dict[str, list[str]]:
    """The rows of all rollups, in whatever order, and what days are corrected for."""
    alias = store.rollups.alias
    tables = [rollup.name for rollup in ROLLUPS if rollup.is_corrected]
    with store.database.reader() as connection:
        rows = {
            table: sorted(map(repr, connection.execute(f"from {alias}.{table}").fetchall()))
            for table in tables
        }
        corrected = f"select site, day, others, list_sort(left_out) from {alias}.corrected"
        return rows | {"corrected": sorted(map(repr, connection.execute(corrected).fetchall()))}


@pytest.mark.fuzz
@pytest.mark.parametrize(("zone", "late", "looks_back"), KINDS[: so_many(2, len(KINDS))])
@pytest.mark.parametrize("seed", range(so_many(1, 5)))
def test_their_corrections_are_those_of_each_by_itself(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    together: list[list[date]],
    seed: int,
    zone: str,
    late: float,
    looks_back: int,
) -> None:
    monkeypatch.setattr(returning_visitors, "LOOKS_BACK", timedelta(days=looks_back))
    store = filled(tmp_path / "together", seed, zone, late)
    Upkeep(store, lambda: TODAY).build_all()
    assert uncorrected(store) == []
    times, days = len(together), sum(map(len, together))
    assert days > len(DAYS) if not late else times
    found = rows_of(store)
    store.close()
    monkeypatch.setattr(corrections, "MOST_BYTES", 0)
    store = filled(tmp_path / "alone", seed, zone, late)
    Upkeep(store, lambda: TODAY).build_all()
    assert len(together) == times
    assert found == rows_of(store)
    store.close()


def test_upkeep_corrects_them_together_also_when_all_have_been_built(
    store: Store, together: list[list[date]]
) -> None:
    store_events(store, "b1", visits(random.Random(3), 0.0))
    store.roll()
    upkeep = Upkeep(store, lambda: TODAY)
    latest_first = upkeep.due()
    for partition in latest_first:
        upkeep.see_to(partition)
    together.clear()
    *_, left = upkeep.finish()
    assert left == 0
    assert (upkeep.due(), uncorrected(store)) == ([], [])
    assert [len(days) > 1 for days in together] == [True] * len(SITES)


def test_what_comes_meanwhile_makes_that_void(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_events(store, "b1", visits(random.Random(4), 0.0))
    store.roll()
    partitions = store.without_rollups()
    upkeep = Upkeep(store, lambda: TODAY)
    for partition in sorted(partitions, key=lambda partition: partition.day, reverse=True):
        upkeep.see_to(partition)
    lacking = uncorrected(store)
    correct = returning_together.correct_together

    def changing(*args: Any) -> list[date]:
        made = correct(*args)
        monkeypatch.undo()
        moment = datetime.combine(DAYS[1], datetime.min.time(), UTC)
        late = [an_event(moment, site_id=site, visitor_id="v1") for site in SITES]
        store_events(store, "late", late)
        store.roll()
        upkeep.build_all()
        return made

    monkeypatch.setattr(corrections, "correct_together", changing)
    before = _editions(store)
    with store.database.side_writer() as connection:
        correct_together(store, connection, [p for p in lacking if p.site_id == SITES[0]])
    assert _editions(store) != before
    assert uncorrected(store) == []


def _editions(store: Store) -> dict[date, str]:
    return {day: built.edition for day, built in store.rollups.known(SITES[0]).days.items()}


@pytest.mark.parametrize("error", [duckdb.OutOfMemoryException, duckdb.IOException])
def test_each_is_corrected_by_itself_when_they_cannot_be_together(
    store: Store, monkeypatch: pytest.MonkeyPatch, error: type[duckdb.Error]
) -> None:
    def failing(*_: Any) -> list[date]:
        raise error("no")

    store_events(store, "b1", visits(random.Random(5), 0.0))
    store.roll()
    monkeypatch.setattr(corrections, "correct_together", failing)
    *_, left = Upkeep(store, lambda: TODAY).finish()
    assert left == 0
    assert uncorrected(store) == []
    assert any(built.corrections for built in store.rollups.known(SITES[0]).days.values())
