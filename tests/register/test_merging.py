"""A site that is merged or renamed: its events are another's, each of them once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from threading import Event, Thread
from typing import Any

import msgspec
import pytest

from mallard import app
from mallard.config import Settings
from mallard.history import NotDone
from mallard.register.aliases import BadAlias
from mallard.register.site import Exclude, Site
from mallard.store.imports import Batch
from mallard.store.upkeep.days import Upkeep
from tests.builders import NOON, TODAY, an_event, store_events
from tests.conftest import Clock, abandon, client_of, post_event, some_settings, stored_events
from tests.ingest.posting import EVENT
from tests.killing import killed_before_each_step
from tests.waiting import PATIENCE_SECS, until

pytestmark = pytest.mark.thorough

OLD, NEW, OTHER = "www.example.com", "example.com", "other.example"


def paths(mallard: app.Mallard, site: str = NEW) -> list[str]:
    return sorted(e["pathname"] for e in stored_events(mallard) if e["site_id"] == site)


def told(mallard: app.Mallard, site: str = NEW) -> tuple[int, int]:
    """The pageviews that a report tells, by figures of days and by events; visitors are right."""
    url = f"/api/stats/main?site_id={site}&period=7d"
    client = client_of(mallard)
    asked: list[Any] = [client.get(url).json, client.get(f"{url}&filter=page~=/").json]
    visitors = {e["visitor_id"] for e in stored_events(mallard) if e["site_id"] == site}
    assert [answer["unique_visitors"] for answer in asked] == [len(visitors)] * 2
    first, second = (answer["total_pageviews"] for answer in asked)
    return first, second


def lay_out(mallard: app.Mallard) -> None:
    """Two sites that share batches and days, in files and hot, and a third one."""
    yesterday = NOON - timedelta(days=1)
    for number, at in enumerate((yesterday, NOON)):
        batch = [
            an_event(at, f"/{site[0]}{number}{n}", site_id=site, visitor_id=f"{site} {n}")
            for site in (OLD, NEW, OTHER)
            for n in (0, 1)
        ]
        store_events(mallard.store, f"run-{number:09}", batch)
        mallard.store.roll()
    more = yesterday - timedelta(days=1)
    store_events(mallard.store, "run-000000007", [an_event(more, "/w2", site_id=OLD)])
    mallard.store.roll()
    store_events(mallard.store, "run-000000008", [an_event(NOON, "/hot", site_id=OLD)])
    mallard.sites.replace(OLD, Site(name="Old", aliases=("a",)), None)
    mallard.sites.replace(NEW, Site(name="New", exclude=Exclude(paths=("/no",))), None)


OWN = ["/e00", "/e01", "/e10", "/e11"]
OF_OLD = ["/hot", "/w00", "/w01", "/w10", "/w11", "/w2"]
ALL = sorted(OWN + OF_OLD)


def test_all_of_a_merged_site_is_the_others(mallard: app.Mallard) -> None:
    lay_out(mallard)
    Upkeep(mallard.store, lambda: TODAY + timedelta(days=1)).build_all()
    mallard.history.merge(OLD, NEW)
    assert (paths(mallard), paths(mallard, OLD)) == (ALL, [])
    assert told(mallard) == (len(ALL),) * 2
    assert told(mallard, OTHER) == (4, 4)
    Upkeep(mallard.store, lambda: TODAY + timedelta(days=1)).build_all()
    assert told(mallard) == (len(ALL),) * 2
    assert mallard.sites.ids() == [NEW]
    assert mallard.sites.of(NEW) == Site(
        name="New", exclude=Exclude(paths=("/no",)), aliases=(OLD, "a")
    )
    answer: Any = client_of(mallard).get("/api/sites").json
    assert [row["site_id"] for row in answer] == [NEW, OTHER]
    assert not (mallard.directory.path / f"events/site_id={OLD}").exists()
    # An address that somebody has kept leads to the site that it is now.
    kept = client_of(mallard).get(f"/?site_id={OLD}&period=7d")
    assert (kept.status_code, kept.location) == (302, f"/?site_id={NEW}&period=7d")


def test_what_comes_afterwards_by_the_old_name_is_counted_at_once(mallard: app.Mallard) -> None:
    lay_out(mallard)
    client = client_of(mallard)
    post_event(client, EVENT | {"d": OLD, "u": f"https://{OLD}/before"})
    mallard.history.merge(OLD, NEW)
    assert "/before" in paths(mallard)
    post_event(client, EVENT | {"d": OLD, "u": f"https://{OLD}/after"})
    post_event(client, EVENT | {"d": "a", "u": f"https://{OLD}/a"})
    assert told(mallard) == (len(ALL) + 3,) * 2


def test_a_renamed_site_keeps_what_was_decided(mallard: app.Mallard) -> None:
    lay_out(mallard)
    mallard.history.rename(OLD, "shop.example")
    assert paths(mallard, "shop.example") == OF_OLD
    assert mallard.sites.of("shop.example") == Site(name="Old", aliases=("a", OLD))
    assert paths(mallard) == OWN


def test_a_renamed_site_has_the_days_of_its_own_time_zone(mallard: app.Mallard) -> None:
    evening = NOON - timedelta(hours=14)
    store_events(mallard.store, "b", [an_event(evening, f"/{n}", site_id=OLD) for n in range(3)])
    store_events(mallard.store, "c", [an_event(NOON, "/noon", site_id=OLD)])
    mallard.store.roll()
    mallard.sites.replace(OLD, Site(timezone="Asia/Kolkata"), None)

    def pageviews(site: str) -> list[int]:
        url = f"/api/stats/main?site_id={site}&period="
        asked: list[Any] = [
            client_of(mallard).get(url + day).json for day in ("today", "yesterday")
        ]
        return [answer["total_pageviews"] for answer in asked]

    assert pageviews(OLD) == [4, 0]
    mallard.history.rename(OLD, "b.example")
    mallard.upkeep.build_all()
    assert (pageviews("b.example"), pageviews(OLD)) == ([4, 0], [0, 0])


def test_a_site_can_be_renamed_back(mallard: app.Mallard, start: Callable[..., Any]) -> None:
    lay_out(mallard)
    for source, target in ((OLD, "b"), ("b", OLD), (OLD, "b"), ("b", "c"), ("c", OLD)):
        mallard.history.rename(source, target)
        assert paths(mallard, target) == OF_OLD
        assert mallard.sites.site_behind(source) == target
    mallard.journal.close()
    abandon(mallard)
    again = start()
    assert paths(again, OLD) == OF_OLD
    assert sorted(again.sites.of(OLD).aliases) == ["a", "b", "c"]


@pytest.mark.parametrize("how", ["rename", "merge"])
def test_events_that_come_meanwhile_are_in_the_next_report(mallard: app.Mallard, how: str) -> None:
    lay_out(mallard)
    target = NEW if how == "merge" else "shop.example"
    client, stop, accepted = client_of(mallard), Event(), []

    def send() -> None:
        while not stop.is_set():
            answer = post_event(client, EVENT | {"d": OLD, "u": f"https://{OLD}/meanwhile"})
            accepted.append(answer.status_code)

    sender = Thread(target=send)
    sender.start()
    try:
        until(lambda: len(accepted) > 5)
        getattr(mallard.history, how)(OLD, target)
        before = len(accepted)
        until(lambda: len(accepted) > before + 5)
    finally:
        stop.set()
        sender.join()
    assert set(accepted) == {202}
    assert paths(mallard, target).count("/meanwhile") == len(accepted)
    assert paths(mallard, OLD) == []


@pytest.mark.parametrize(
    ("source", "target", "problem"),
    [
        (OLD, OLD, "is that very site"),
        (OLD, NEW, "example.com is a site already"),
        (OLD, OTHER, "other.example has events already"),
        (NEW, "a", "a is an alias of www.example.com"),
    ],
)
def test_no_site_is_renamed_to_a_name_that_is_taken(
    mallard: app.Mallard, source: str, target: str, problem: str
) -> None:
    lay_out(mallard)
    with pytest.raises((BadAlias, NotDone), match=problem):
        mallard.history.rename(source, target)
    assert (paths(mallard), paths(mallard, OLD)) == (OWN, OF_OLD)


def test_erasing_a_site_takes_what_has_not_been_moved_yet(mallard: app.Mallard) -> None:
    lay_out(mallard)
    mallard.sites.merge(OLD, NEW)
    erased = mallard.erasure.erase(NEW, TODAY - timedelta(days=1), TODAY)
    assert erased.events_deleted == len(OWN) + len(OF_OLD) - 1
    mallard.history.settle()
    assert paths(mallard) == ["/w2"]
    assert paths(mallard, OTHER) == ["/o00", "/o01", "/o10", "/o11"]


def test_what_is_imported_by_the_name_of_an_alias_is_the_sites(mallard: app.Mallard) -> None:
    mallard.sites.replace(NEW, Site(aliases=(OLD, "an/alias")), None)
    lines = msgspec.json.encode(an_event(NOON, "/imported", site_id=OLD)) + b"\n"
    for _ in range(2):
        mallard.transfer.import_batch(Batch("f" * 64, 0, 1, 0), BytesIO(lines))
        mallard.transfer.import_complete("f" * 64)
        assert (paths(mallard), paths(mallard, OLD)) == (["/imported"], [])
        # Even when the record of it is lost, it does not count again.
        mallard.transfer.import_again("f" * 64)
    mallard.erasure.erase(NEW, TODAY, TODAY)
    assert stored_events(mallard) == []
    assert not list(mallard.directory.path.rglob("*.parquet"))


def test_a_name_that_is_no_alias_any_more_may_be_a_site_again(mallard: app.Mallard) -> None:
    lay_out(mallard)
    mallard.history.merge(OLD, NEW)
    entry = mallard.sites.entry(NEW)
    assert entry
    mallard.sites.replace(NEW, Site(), entry.version)
    post_event(client_of(mallard), EVENT | {"d": OLD, "u": f"https://{OLD}/again"})
    mallard.flusher.roll()
    mallard.history.settle()
    assert (paths(mallard), paths(mallard, OLD)) == (ALL, ["/again"])


def test_of_old_files_that_are_laid_over_the_tree_again_no_event_counts_twice(
    mallard: app.Mallard, start: Callable[..., Any]
) -> None:
    lay_out(mallard)
    mallard.flusher.roll()
    tree = mallard.directory.path / "events"
    copy = mallard.directory.path.with_name("copy")
    shutil.copytree(tree, copy)
    mallard.history.merge(OLD, NEW)
    Upkeep(mallard.store, lambda: TODAY + timedelta(days=1)).compact_all()
    mallard.stop(PATIENCE_SECS)
    shutil.copytree(copy, tree, dirs_exist_ok=True)
    again = start()
    assert (paths(again), paths(again, OLD)) == (ALL, [])


def opened(data_dir: Path) -> app.Mallard:
    return app.build(Settings(**some_settings(data_dir)), Clock())


@pytest.mark.parametrize("is_renamed", [False, True], ids=["merged", "renamed"])
def test_killed_at_any_step_each_event_is_of_one_of_the_two(
    data_dir: Path, is_renamed: bool
) -> None:
    mallard = opened(data_dir)
    lay_out(mallard)
    post_event(client_of(mallard), EVENT | {"d": OLD, "u": f"https://{OLD}/journalled"})
    mallard.journal.close()
    abandon(mallard)
    before = data_dir.with_name("before")
    shutil.copytree(data_dir, before)
    target = "shop.example" if is_renamed else NEW
    of_old = sorted([*OF_OLD, "/journalled"])
    expected = of_old if is_renamed else sorted(OWN + of_old)

    def act(mallard: app.Mallard) -> None:
        (mallard.history.rename if is_renamed else mallard.history.merge)(OLD, target)

    found = []
    for _ in killed_before_each_step(act, lambda: opened(data_dir)):
        mallard = opened(data_dir)
        is_done = mallard.sites.site_behind(OLD) == target
        assert paths(mallard, OLD) == ([] if is_done else of_old)
        assert paths(mallard, target) == (expected if is_done else [] if is_renamed else OWN)
        assert paths(mallard, OTHER) == ["/o00", "/o01", "/o10", "/o11"]
        assert (mallard.sites.entry(OLD) is None) == is_done
        found.append(is_done)
        if not is_done:
            act(mallard)
        assert paths(mallard, target) == expected
        assert told(mallard, target) == (len(expected),) * 2
        mallard.journal.close()
        abandon(mallard)
        shutil.rmtree(data_dir)
        shutil.copytree(before, data_dir)
    assert found == sorted(found)
    assert (found[0], found[-1]) == (False, True)
    shutil.rmtree(before)
