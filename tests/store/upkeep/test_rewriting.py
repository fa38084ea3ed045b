"""Stored paths are rewritten a day at a time, and no kill costs or doubles an event."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from mallard.model import Period
from mallard.register.path_rules import PathRules
from mallard.register.site import Paths
from mallard.store.parquet.partitions import Partition
from mallard.store.store import Store
from mallard.store.upkeep.compaction import compact
from mallard.store.upkeep.rewriting import Change, Changes, rewrite
from tests.builders import NOON, TODAY, an_event, open_store, store_events
from tests.killing import killed_before_each_step

SITE = "example.com"
DAYS = [TODAY - timedelta(days=1), TODAY]
RULES = PathRules(Paths(trailing_slash="drop", group=("/order/*",)))
PATHS = ["/", "/a/", "/a", "/order/7", "/order/8/"]
RULED = ["/", "/a", "/a", "/order/*", "/order/*"]


def lay_out(store: Store) -> None:
    """Two days with these paths, in two files each."""
    for number in (0, 1):
        at = NOON - timedelta(days=1 - number)
        for half in (0, 1):
            events = [an_event(at, path, visitor_id=f"v{half}") for path in PATHS[half::2]]
            store_events(store, f"b{number}{half}", events)
            store.roll()


def rewrite_all(store: Store, is_trial: bool = False) -> list[list[Change]]:
    with store.database.side_writer() as connection:
        ruled = RULES.of_history
        days = [Partition(SITE, day) for day in DAYS]
        return [rewrite(store, connection, day, ruled, is_trial) for day in days]


def paths_on(store: Store) -> list[list[str]]:
    sql = "everything as (select pathname from stored) select pathname from everything order by 1"
    return [
        [path for (path,) in store.fetch(SITE, Period(day, day + timedelta(days=1)), sql, {})]
        for day in DAYS
    ]


def test_each_day_is_rewritten_and_only_what_changes_is_told(store: Store) -> None:
    lay_out(store)
    expected = [("/a/", "/a", 1), ("/order/7", "/order/*", 1), ("/order/8/", "/order/*", 1)]
    for is_trial in (True, False):
        told = rewrite_all(store, is_trial)
        assert [sorted((c.old, c.new, c.events) for c in day) for day in told] == [expected] * 2
        assert paths_on(store) == [sorted(PATHS if is_trial else RULED)] * 2
    assert rewrite_all(store) == [[], []]
    changes = Changes()
    changes.add(told[0])
    changes.add(told[1])
    changes.add([])
    done = changes.summed_up()
    assert (done.days, done.paths, done.events) == (2, 3, 6)
    assert done.examples[0] == Change("/a/", "/a", 2)


def test_what_else_an_event_has_stays_as_it_was(store: Store) -> None:
    everything = {"props": '{"a":1}', "revenue_amount": "9.90", "revenue_currency": "EUR"}
    store_events(store, "b", [an_event(NOON, "/a/", city="Ulm", **everything)])
    store.roll()
    rewrite_all(store)
    sql = "s as (select pathname, city, props, revenue_amount::varchar from stored) select * from s"
    rows = store.fetch(SITE, Period(TODAY, TODAY + timedelta(days=1)), sql, {})
    assert rows == [("/a", "Ulm", '{"a":1}', "9.90")]


def test_of_files_that_come_meanwhile_none_is_lost(store: Store) -> None:
    lay_out(store)
    partition = Partition(SITE, TODAY)
    calls: list[str] = []

    def ruled(path: str) -> str:
        if not calls:
            with store.database.side_writer() as connection:
                assert compact(store, connection, partition, TODAY + timedelta(days=1))
        calls.append(path)
        return RULES.of_history(path)

    with store.database.side_writer() as connection:
        rewrite(store, connection, partition, ruled, is_trial=False)
    assert paths_on(store)[1] == sorted(RULED)


@pytest.mark.thorough
def test_killed_at_any_step_each_day_is_old_or_new_and_then_new(data_dir: Path) -> None:
    store = open_store(data_dir)
    lay_out(store)
    store.close()
    before = data_dir.with_name("before")
    shutil.copytree(data_dir, before)
    found = []
    for _ in killed_before_each_step(rewrite_all, lambda: open_store(data_dir)):
        store = open_store(data_dir)
        days = paths_on(store)
        assert all(day in (sorted(PATHS), sorted(RULED)) for day in days)
        found.append([day == sorted(RULED) for day in days])
        rewrite_all(store)
        assert paths_on(store) == [sorted(RULED)] * 2
        store.close()
        shutil.rmtree(data_dir)
        shutil.copytree(before, data_dir)
    assert found == sorted(found), "what is rewritten stays rewritten"
    assert (found[0], found[-1]) == ([False, False], [True, True])
    shutil.rmtree(before)
