"""Whatever happens to the store, in whatever order: reports tell what was accepted and not erased.

The figures by rollups must be those of the events, and the headlines those of a list in Python.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from msgspec import structs

from mallard.model import EPOCH, Event, Period
from mallard.reports.breakdown import DIMENSIONS, breakdown
from mallard.reports.filters import parse_filter
from mallard.reports.properties import properties
from mallard.reports.query import ReportQuery
from mallard.reports.revenue import revenue
from mallard.reports.session_series import session_series
from mallard.reports.timeseries import timeseries
from mallard.reports.totals import totals
from mallard.store.deletion.days import delete_days, finish
from mallard.store.parquet.partitions import Partition
from mallard.store.upkeep.days import Upkeep
from mallard.store.upkeep.moving import move
from mallard.store.upkeep.rewriting import rewrite
from mallard.zones.days import UTC, day_of
from tests.builders import NOON, TODAY, an_event, open_store, store_events
from tests.fuzz.size import so_many
from tests.reports.reading import Events
from tests.reports.visits import PROPS, a_price

pytestmark = pytest.mark.fuzz

SEEDS = range(so_many(2, 200))
STEPS = so_many(20, 60)
SITES = ("daily.example", "returning.example", "x" * 250)
DAYS = [TODAY - timedelta(days=n) for n in range(6)]
NOW = datetime.combine(TODAY, time(23, 59))
ZONES = (UTC, "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati")
FILTERS = ("browser==Chrome", "page==/a", "event!=pageview", "entry_page==/a")
HALF_AN_HOUR_US = 1_800_000_000
DAY_US = 86_400_000_000


@dataclass
class World:
    """A store, and what it should hold."""

    data_dir: Path
    rng: random.Random
    events: list[Event] = field(default_factory=list)
    number: int = 0
    zones: dict[str, str] = field(default_factory=dict)
    """Of sites that are elsewhere than where days are those of UTC."""

    def __post_init__(self) -> None:
        self.store = open_store(self.data_dir, self.zone_of)
        self.upkeep = Upkeep(self.store, lambda: TODAY, lambda zone: day_of(NOW, zone))

    def zone_of(self, site_id: str) -> str:
        return self.zones.get(site_id, UTC)

    def go_elsewhere(self) -> None:
        """A site has other days from now on."""
        self.zones[self.rng.choice(SITES)] = self.rng.choice(ZONES)

    def append(self) -> None:
        """A batch of visits, most of them today's, some across midnight."""
        batch = [e for _ in range(self.rng.randrange(1, 12)) for e in self._visit()]
        self.number += 1
        store_events(self.store, f"b{self.number}", batch)
        self.events += batch

    def roll(self) -> None:
        self.store.roll()

    def build(self) -> None:
        self.upkeep.build_all()

    def compact(self) -> None:
        self.upkeep.compact_all()

    def erase(self) -> None:
        """Some days of a site go; the files at once, or later."""
        site_id, period = self.rng.choice(SITES), self._period()
        delete_days(self.store, site_id, period, reaches_copies=self.rng.random() < 0.3)
        self.events = [e for e in self.events if not (e.site_id == site_id and _is_in(e, period))]
        if self.rng.random() < 0.5:
            finish(self.store)

    def finish(self) -> None:
        finish(self.store)

    def throw_away(self) -> None:
        self.store.rollups.throw_away(self.store.cold.publish)

    def restart(self) -> None:
        """A start finishes what was begun; what lay hot is hot still."""
        finish(self.store)
        self.store.close()
        self.__post_init__()

    def die(self) -> None:
        """Nothing is finished, and an older copy of the tree is laid over it, or its rollups."""
        tree, copy = self.data_dir / "events", self.data_dir.parent / "copy"
        finish(self.store)
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(tree, copy)
        self.rng.choice([self.compact, self.build, self.roll, self.append])()
        self.store.database.close()
        for path in copy.rglob("*.parquet"):
            target = tree / path.relative_to(copy)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
        self.__post_init__()

    def damage(self) -> None:
        """A file goes into the quarantine, and its events with it."""
        partitions = list(self.store.cold.partitions.partitions())
        if not partitions or self.rng.random() < 0.5:
            return
        file = self.rng.choice(self.store.cold.partitions.files(self.rng.choice(partitions)))
        rows = duckdb.sql(f"select epoch_us(timestamp) from '{file.path}'").fetchall()
        gone = {time for (time,) in rows}
        self.store.cold.quarantine(file, "a test")
        # Else a start brings back the files that it was made of, and its events with them.
        self.store.cold.sweep()
        self.store.cold.discard_replaced()
        self.events = [e for e in self.events if e.timestamp not in gone]

    def move(self) -> None:
        """A day of a site, as far as it has come, becomes another site's."""
        source, target = self.rng.sample(SITES, 2)
        partition = Partition(source, self.rng.choice(DAYS))
        self.store.roll()
        with self.store.database.side_writer() as connection:
            move(self.store, connection, partition, target)
        # The name of a former site is nobody's; here it goes on, so nothing of it may come back.
        self.store.cold.discard_replaced()
        self._change(partition, lambda event: structs.replace(event, site_id=target))

    def rewrite(self) -> None:
        """Paths of a day become others."""
        partition = Partition(self.rng.choice(SITES), self.rng.choice(DAYS))
        new = self.rng.choice(["/a", "/b"])

        def ruled(path: str) -> str:
            return new if path in ("/a", "/b") else path

        self.store.roll()
        with self.store.database.side_writer() as connection:
            rewrite(self.store, connection, partition, ruled, is_trial=False)
        self._change(
            partition, lambda event: structs.replace(event, pathname=ruled(event.pathname))
        )

    def _change(self, partition: Partition, changed: Callable[[Event], Event]) -> None:
        self.events = [
            changed(e) if e.site_id == partition.site_id and _is_in(e, partition.period) else e
            for e in self.events
        ]

    def check(self) -> None:
        """Some reports, from rollups, from events and from the list."""
        site_id, period = self.rng.choice(SITES), self._period()
        if self.zones:
            zone = self.rng.choice([self.zone_of(site_id)] * 4 + list(ZONES))
            days = timedelta(days=self.rng.choice([0, 0, 1]))
            period = Period(period.start, period.end + days, zone)
        query = ReportQuery(
            site_id,
            period,
            self.rng.choice(["hour", "day", "week", "month"]),
            self.rng.choice([3, 1000]),
        )
        raw = Events(self.store)
        asked: list[Any] = [totals, timeseries, session_series, revenue, properties]
        for ask in asked:
            assert ask(self.store, query) == ask(raw, query), (ask, query)
        kept = replace(query, filters=(parse_filter(self.rng.choice(FILTERS)),))
        ask = self.rng.choice(asked)
        assert ask(self.store, kept) == ask(raw, kept), (ask, kept)
        for name in [*self.rng.sample(sorted(DIMENSIONS), 3), "prop:plan"]:
            assert breakdown(self.store, query, name) == breakdown(raw, query, name), (name, query)
        found = totals(self.store, query)
        assert (found.unique_visitors, found.total_pageviews, found.sessions) == self._told(query)
        pages = {row.value: row.pageviews for row in breakdown(self.store, query, "pages")}
        assert pages.items() <= self._pages(query).items()

    def _told(self, query: ReportQuery) -> tuple[int, int, int]:
        """Visitors, pageviews and sessions, from the list of events."""
        events = [e for e in self.events if e.site_id == query.site_id and _is_in(e, query.period)]
        last: dict[str, int] = {}
        sessions = 0
        for event in sorted(events, key=lambda e: e.timestamp):
            since = event.timestamp - last.get(event.visitor_id, -DAY_US)
            sessions += since > HALF_AN_HOUR_US
            last[event.visitor_id] = event.timestamp
        return len(last), sum(e.event_name == "pageview" for e in events), sessions

    def _pages(self, query: ReportQuery) -> Counter[str]:
        """Pageviews of pages, from the list of events."""
        events = (e for e in self.events if e.site_id == query.site_id)
        counts: Counter[str] = Counter()
        for event in events:
            if _is_in(event, query.period):
                counts[event.pathname] += event.event_name == "pageview"
        return counts

    def _period(self) -> Period:
        days = sorted(self.rng.choices(DAYS, k=2))
        return Period(days[0], days[1] + timedelta(days=self.rng.choice([0, 1, 1])))

    def _visit(self) -> list[Event]:
        rng, site_id = self.rng, self.rng.choice(SITES)
        back = rng.choice([0, 0, 0, 1, 1, 2, 5])
        start = NOON - timedelta(days=back) + timedelta(minutes=rng.randrange(-719, 719))
        visitor = f"{rng.randrange(30)}"
        if site_id == SITES[0] or rng.random() < 0.95:
            visitor += f" on {start.date()} {self.number // 3}"
        fields = {
            "site_id": site_id,
            "visitor_id": visitor,
            "browser": rng.choice([None, "Firefox", "Chrome"]),
            "event_name": rng.choice(["pageview", "pageview", "signup"]),
        }
        events = []
        for _ in range(rng.randrange(1, 5)):
            # No two events are of the same moment, nor after today.
            start += timedelta(seconds=rng.choice([1, 60, 1801]), microseconds=rng.randrange(10**6))
            if start.date() <= TODAY:
                path = rng.choice(["/", "/a", "/b"])
                props = random.Random(start.timestamp()).choice(PROPS)
                events.append(an_event(start, path, props=props, **fields, **a_price(rng)))
        return events


def _is_in(event: Event, period: Period) -> bool:
    moment = (EPOCH + timedelta(microseconds=event.timestamp)).replace(tzinfo=None)
    return period.begins_at <= moment < period.ends_at


OPERATIONS = {
    World.append: 8,
    World.roll: 6,
    World.build: 6,
    World.compact: 2,
    World.move: 1,
    World.rewrite: 1,
    World.erase: 1,
    World.finish: 1,
    World.throw_away: 1,
    World.restart: 1,
    World.die: 1,
    World.damage: 1,
}


def live(world: World, operations: Mapping[Any, int]) -> None:
    """Steps of a history, after each of which all figures are right, when asked again, too."""
    history = []
    for _ in range(STEPS):
        (operation,) = world.rng.choices(list(operations), list(operations.values()))
        history.append(operation.__name__)
        operation(world)
        for _ in range(2):
            try:
                world.check()
            except AssertionError as error:
                raise AssertionError(f"{world.zones} after {', '.join(history)}") from error
    world.store.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_figures_are_those_of_the_events_after_any_history(data_dir: Path, seed: int) -> None:
    live(World(data_dir, random.Random(seed)), OPERATIONS)


@pytest.mark.parametrize("seed", SEEDS)
def test_figures_are_those_of_the_events_wherever_sites_go(data_dir: Path, seed: int) -> None:
    """Their days are others then, and those that were worked out count no more."""
    world = World(data_dir, random.Random(1000 + seed))
    world.go_elsewhere()
    live(world, {**OPERATIONS, World.go_elsewhere: 2})


def test_a_history_has_days_that_are_rolled_up(data_dir: Path) -> None:
    """Else the test above would compare events with events."""
    world = World(data_dir, random.Random(1))
    for _ in range(6):
        world.append()
    world.roll()
    world.build()
    known = world.store.rollups.known(SITES[0])
    assert known.days[TODAY].files
    assert not any(built.shared for built in known.days.values())
    assert Partition(SITES[0], TODAY) not in world.store.without_rollups()
    world.store.close()
