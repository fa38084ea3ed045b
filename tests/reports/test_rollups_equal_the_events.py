"""What rollups add up to is what the events say, whatever the visitors, days and filters."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mallard.model import Period
from mallard.reports.breakdown import breakdown, breakdown_count
from mallard.reports.filters import parse_filter
from mallard.reports.query import ReportQuery
from mallard.reports.timeseries import timeseries
from mallard.reports.totals import plain_totals, totals
from mallard.store import heavy
from mallard.store import queries as queries_module
from mallard.store.parquet.partitions import Partition
from mallard.store.rollups import working_out
from mallard.store.rollups.plan import Plan
from mallard.store.snapshots import snapshot
from mallard.store.store import Store
from mallard.store.upkeep.days import Upkeep
from tests.builders import NOON, TODAY, an_event, open_store, store_events
from tests.fuzz.size import so_many
from tests.reports.reading import Events, days_rolled
from tests.reports.visits import (
    ASKS_EACH,
    END,
    FIRST,
    REPORTS,
    SITES,
    assert_no_report_depends_on_rollups,
    queries,
    visits,
)

pytestmark = pytest.mark.fuzz
PLACES = {name: place for place, name in enumerate(REPORTS)}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Ten days of three sites, all built; two have changed since, and the last is partly hot."""
    rng = random.Random(7)
    days = [FIRST + timedelta(days=n) for n in range(10)]
    store = open_store(tmp_path_factory.mktemp("rollups"))
    store_events(store, "b1", visits(rng, SITES, days, 12))
    store.roll()
    Upkeep(store, lambda: TODAY).build_all()
    store_events(store, "b2", visits(rng, SITES, days[3:5]))
    store.roll()
    store_events(store, "b3", visits(rng, SITES, [TODAY], 4))
    yield store
    store.close()


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_is_the_same_with_rollups_and_without(store: Store, name: str) -> None:
    for query in list(queries())[PLACES[name] % ASKS_EACH :: ASKS_EACH]:
        rolled, raw = REPORTS[name](store, query), REPORTS[name](Events(store), query)
        assert rolled == raw, query


def test_a_part_of_the_last_day_is_read_and_the_days_before_are_added_up(store: Store) -> None:
    rng = random.Random(11)
    asked = [query for query in queries() if query.period.start < query.period.end]
    for name in ("totals", "timeseries", "session_series"):
        for query in rng.sample(asked, 12):
            last = query.period.end - timedelta(days=1)
            until = datetime.combine(last, time(rng.randrange(24), rng.randrange(60)))
            part = replace(query, until=until)
            assert REPORTS[name](store, part) == REPORTS[name](Events(store), part), part
    noon = datetime.combine(TODAY - timedelta(days=1), time(12))
    assert days_rolled(store, "daily.example", FIRST, TODAY, until=noon) == 6


@pytest.mark.parametrize("name", REPORTS)
def test_heavy_reports_read_what_is_new_from_a_file(
    store: Store, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = 3 * ASKS_EACH
    asked = list(queries())[PLACES[name] % step :: step]
    light = [REPORTS[name](store, query) for query in asked]
    monkeypatch.setattr(heavy, "LIGHT_BYTES", 0)
    assert [REPORTS[name](store, query) for query in asked] == light
    monkeypatch.setattr(queries_module, "LEAST_FREE_BYTES", 1 << 62)
    assert [REPORTS[name](store, query) for query in asked] == light
    assert not list((store.database.path.parent / "tmp").glob("*")), "the files are gone"


def test_a_large_day_is_worked_out_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working_out, "EVENTS_AT_A_TIME", 7)
    again = open_store(tmp_path / "data")
    store_events(again, "b1", visits(random.Random(0), SITES, [FIRST, TODAY], 20))
    again.roll()
    Upkeep(again, lambda: TODAY).build_all()
    assert days_rolled(again, "daily.example", FIRST, FIRST + timedelta(days=1)) == 1
    assert_no_report_depends_on_rollups(again, list(queries())[:: so_many(3, 1)])
    again.close()


def test_days_whose_visitors_never_return_are_added_up(store: Store) -> None:
    assert days_rolled(store, "daily.example", FIRST, TODAY) == 7


def test_a_day_that_goes_on_is_rolled_up_with_what_came_since(store: Store) -> None:
    assert days_rolled(store, "daily.example", TODAY, END) == 1
    assert days_rolled(store, "daily.example", FIRST, END) == 8


def test_events_are_planned_for_only_where_there_may_be_some(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned: list[str] = []
    relations = Plan.relations

    def noting(self: Plan, *args: Any) -> Any:
        found = relations(self, *args)
        planned.append(found[0])
        return found

    monkeypatch.setattr(Plan, "relations", noting)
    filters = (parse_filter("browser==Firefox"),)
    for end in (FIRST + timedelta(days=3), FIRST + timedelta(days=4), END):
        plain_totals(store, ReportQuery("daily.example", Period(FIRST, end), filters=filters))
    assert ["visitors_stored" in sql for sql in planned] == [False, True, True]


def test_days_that_share_a_visitor_are_read_from_the_events(store: Store) -> None:
    assert days_rolled(store, "monthly.example", FIRST, TODAY) == 0
    assert days_rolled(store, "monthly.example", FIRST, FIRST + timedelta(days=1)) == 1


@pytest.mark.parametrize(("interval", "days"), [("hour", 7), ("day", 7), ("week", 0), ("month", 0)])
def test_who_returns_on_another_day_counts_in_both(store: Store, interval: str, days: int) -> None:
    assert days_rolled(store, "monthly.example", FIRST, TODAY, timeseries, interval) == days


def test_a_day_that_has_changed_is_read_from_its_events(store: Store) -> None:
    changed = FIRST + timedelta(days=3)
    assert days_rolled(store, "daily.example", changed, changed + timedelta(days=2)) == 0


def test_figures_survive_a_restart(tmp_path: Path) -> None:
    store = open_store(tmp_path / "data")
    store_events(store, "b1", [an_event(path="/a"), an_event(path="/b")])
    store.roll()
    Upkeep(store, lambda: TODAY).build_all()
    store.close()
    store = open_store(tmp_path / "data")
    assert store.without_rollups() == []
    assert days_rolled(store, "example.com", TODAY, END) == 1
    assert totals(store, ReportQuery("example.com", Period(TODAY, END))).total_pageviews == 2
    store.close()


def test_a_day_with_too_many_values_is_left_out_of_their_rollup_alone(tmp_path: Path) -> None:
    store = open_store(tmp_path / "data")
    store_events(store, "b1", [an_event(path=f"/{n}") for n in range(10_050)])
    store.roll()
    Upkeep(store, lambda: TODAY).build_all()
    query = ReportQuery("example.com", Period(TODAY, END), limit=3)
    assert store.rollups.known("example.com").days[TODAY].left_out == {"of_pages"}
    assert breakdown_count(store, query, "pages") == 10_050
    assert breakdown(store, query, "pages") == breakdown(Events(store), query, "pages")
    store.close()


def test_a_damaged_file_of_rollups_is_made_anew(tmp_path: Path) -> None:
    store = open_store(tmp_path / "data")
    store_events(store, "b1", [an_event()])
    store.roll()
    Upkeep(store, lambda: TODAY).build_all()
    store.close()
    (file,) = (tmp_path / "data" / "rollups").glob("*.duckdb")
    file.write_bytes(b"nonsense" * 4096)
    store = open_store(tmp_path / "data")
    assert store.without_rollups() == [Partition("example.com", TODAY)]
    assert totals(store, ReportQuery("example.com", Period(TODAY, END))).total_pageviews == 1
    store.close()


def test_a_new_file_is_begun_while_a_report_reads_the_old_one(tmp_path: Path) -> None:
    store = open_store(tmp_path / "data")
    store_events(store, "b1", [an_event()])
    store.roll()
    Upkeep(store, lambda: TODAY).build_all()
    today = Period(TODAY, END)
    with snapshot(store.database, store.cold, store.rollups, "example.com", today) as moment:
        store.rollups.throw_away(store.cold.publish)
        rows = moment.connection.execute(
            f"select pageviews from {moment.known.alias}.days"
        ).fetchall()
    assert rows == [(1,)]
    assert [path.stem for path in (tmp_path / "data" / "rollups").glob("*.duckdb")] == ["2"]
    assert totals(store, ReportQuery("example.com", Period(TODAY, END))).total_pageviews == 1
    Upkeep(store, lambda: TODAY).build_all()
    assert store.without_rollups() == []
    store.close()


def test_a_visitor_in_another_days_file_is_counted_once(tmp_path: Path) -> None:
    store = open_store(tmp_path / "data")
    yesterday = TODAY - timedelta(days=1)
    for day in (TODAY, yesterday):
        store_events(store, f"b{day}", [an_event(NOON - (TODAY - day), visitor_id="anna")])
    store.roll()
    (file,) = (tmp_path / "data/events/site_id=example.com" / f"date={TODAY}").iterdir()
    rows = f"select * replace (timestamp - interval 1 day as timestamp) from '{file}'"
    duckdb.sql(f"copy ({rows}) to '{file.with_name('0009.parquet')}' (format parquet)")
    store.close()
    store = open_store(tmp_path / "data")
    Upkeep(store, lambda: TODAY).build_all()
    query = ReportQuery("example.com", Period(yesterday, END))
    assert [bucket.visitors for bucket in timeseries(store, query)] == [1, 1]
    assert [bucket.pageviews for bucket in timeseries(store, query)] == [2, 1]
    store.close()


@pytest.mark.parametrize("visitor", ["null::varchar", "5::bigint"])
def test_files_of_others_may_have_odd_visitors(tmp_path: Path, visitor: str) -> None:
    """Nobody is no visitor, and a number is the visitor of the same digits."""
    store = open_store(tmp_path / "data")
    for day in (TODAY, TODAY - timedelta(days=1)):
        at = NOON - (TODAY - day)
        events = [an_event(at, visitor_id="5"), an_event(at + timedelta(hours=3), visitor_id="6")]
        store_events(store, f"b{day}", events)
    store.roll()
    (file,) = (tmp_path / "data/events/site_id=example.com" / f"date={TODAY}").iterdir()
    odd = file.with_name("0009.parquet")
    rows = f"select * replace ({visitor} as visitor_id) from '{file}'"
    duckdb.sql(f"copy ({rows}) to '{odd}' (format parquet)")
    file.unlink()
    store.close()
    store = open_store(tmp_path / "data")
    Upkeep(store, lambda: TODAY).build_all()
    for start in (TODAY, TODAY - timedelta(days=1)):
        for name in ("totals", "timeseries", "session_series", "by_pages", "by_entry_pages"):
            query = ReportQuery("example.com", Period(start, END))
            assert REPORTS[name](store, query) == REPORTS[name](Events(store), query), name
    store.close()
