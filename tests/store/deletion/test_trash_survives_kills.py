"""A day that goes into the trash is in the tree or in the trash, whole, whenever it is killed."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from mallard.model import Period
from mallard.store.deletion.days import delete_days, finish, resume
from mallard.store.deletion.trash import DIRECTORY, bin_of
from mallard.store.engine.database import Database
from mallard.store.recovery import recover
from mallard.store.store import Store
from tests.builders import NOON, TODAY, an_event, open_store, store_events
from tests.killing import killed_before_each_step

pytestmark = pytest.mark.thorough

OLD = NOON - timedelta(days=40)
OUTDATED = Period(TODAY - timedelta(days=100), TODAY - timedelta(days=30))


DAYS = [(OLD - timedelta(days=1)).date(), OLD.date()]


def lay_out(data_dir: Path) -> None:
    """An outdated day in two files, another one, and today."""
    store = open_store(data_dir)
    for number, at in enumerate((OLD, OLD, OLD - timedelta(days=1), NOON)):
        store_events(store, f"b{number}", [an_event(at, f"/{number}")])
        store.roll()
    store.close()


def throw_away(store: Store) -> None:
    delete_days(store, "example.com", OUTDATED, into=bin_of(TODAY))
    finish(store)


def files(place: Path) -> list[str]:
    return sorted(str(path.relative_to(place)) for path in place.rglob("*.parquet"))


def test_killed_at_any_step_it_is_in_one_of_the_two(data_dir: Path) -> None:
    lay_out(data_dir)
    before = data_dir.with_name("before")
    shutil.copytree(data_dir, before)
    all_files = files(before / "events")
    outdated = [name for name in all_files if f"date={TODAY}" not in name]
    found = []
    for _ in killed_before_each_step(throw_away, lambda: open_store(data_dir)):
        store = Store(data_dir, Database(data_dir, TODAY, threads=1))
        resume(store)
        recover(store)
        events, thrown = files(data_dir / "events"), files(data_dir / DIRECTORY)
        assert (events, thrown) in (
            (all_files, []),
            ([name for name in all_files if name not in outdated], in_the_bin(outdated)),
        )
        assert store.days("example.com", OUTDATED) == ([] if thrown else DAYS)
        assert not list((data_dir / "erasures").glob("*.json"))
        found.append(bool(thrown))
        store.close()
        shutil.rmtree(data_dir)
        shutil.copytree(before, data_dir)
    assert found == sorted(found), "from one step on it is in the trash"
    assert (found[0], found[-1]) == (False, True)
    shutil.rmtree(before)


def in_the_bin(names: list[str]) -> list[str]:
    return [f"{TODAY}/events/{name}" for name in names]
