"""Files and directories that somebody else made, and what they must not do to ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from structlog.testing import capture_logs
from werkzeug.test import Client

from mallard.model import Period
from mallard.reports.breakdown import DIMENSIONS, breakdown
from mallard.reports.filters import parse_filter
from mallard.reports.query import ReportQuery
from mallard.reports.revenue import revenue
from mallard.reports.totals import totals
from mallard.store.store import Store
from mallard.store.upkeep.days import Upkeep
from mallard.wsgi import application
from tests.builders import NOON, TODAY, an_event, open_store, store_events
from tests.conftest import post_event
from tests.reports.reading import Events
from tests.store.test_store import paths_seen

pytestmark = pytest.mark.thorough

ODD_COLUMNS = [
    "null as city",
    "null as props",
    "5 as screen_size",
    "12.5::double as revenue_amount",
    "timestamp::timestamptz as timestamp",
]
UNUSABLE_COLUMNS = ["'abc' as revenue_amount", "'soon' as timestamp"]
ODD_AMOUNTS = [
    "null as revenue_amount",
    "50::bigint as revenue_amount",
    "0.1::float as revenue_amount",
]
AMOUNT = "9999999949.90"
ONE_DAY = timedelta(days=1)
BOTH_DAYS = ReportQuery("example.com", Period(TODAY - ONE_DAY, TODAY + ONE_DAY))
TODAY_ONLY = Period(TODAY, TODAY + timedelta(days=1))


def with_a_file_of_another_making(data_dir: Path, change: str) -> Store:
    """A store that finds, beside its own file, a copy of it with a column changed."""
    store = open_store(data_dir)
    store_events(store, "b1", [an_event(path="/own", city="Berlin", props="{}")])
    store.roll()
    (file,) = store.cold.partitions.root.rglob("*.parquet")
    store.close()
    duckdb.sql(
        f"copy (select * replace ('/other' as pathname, {change})"
        f" from read_parquet('{file}', hive_partitioning = false))"
        f" to '{file.with_name('0000.parquet')}' (format parquet)"
    )
    return open_store(data_dir)


@pytest.mark.parametrize("change", ODD_COLUMNS)
def test_a_file_with_columns_of_other_types_is_read_all_the_same(data_dir, change) -> None:
    store = with_a_file_of_another_making(data_dir, change)
    for name in DIMENSIONS:
        breakdown(store, ReportQuery("example.com", TODAY_ONLY), name)
    assert paths_seen(store) == ["/other", "/own"]
    for number in range(9):
        store_events(store, f"n{number}", [an_event(NOON + timedelta(seconds=number), "/z")])
        store.roll()
    assert paths_seen(store) == ["/other", "/own", *["/z"] * 9]
    assert store.cold.quarantined() == 0
    store.close()


def merge(store: Store) -> None:
    """Has so many files come that they become fewer."""
    for number in range(9):
        store_events(store, f"n{number}", [an_event(path="/z")])
        store.roll()


def compact(store: Store) -> None:
    Upkeep(store, lambda: TODAY + ONE_DAY).compact_all()


def build(store: Store) -> None:
    Upkeep(store, lambda: TODAY + ONE_DAY).build_all()


def ask(store: Store) -> None:
    revenue(store, BOTH_DAYS)


@pytest.mark.parametrize("change", ODD_AMOUNTS)
@pytest.mark.parametrize("first", [ask, build, compact, merge])
@pytest.mark.parametrize("days_back", [0, 1])
def test_amounts_of_another_type_do_not_round_those_of_other_files(
    data_dir: Path, change: str, first: Callable[[Store], None], days_back: int
) -> None:
    """DuckDB reads several files with the types of the first one."""
    store = open_store(data_dir)
    store_events(store, "b1", [an_event(event_name="buy", revenue_amount=AMOUNT)])
    store.roll()
    (own,) = store.cold.partitions.root.rglob("*.parquet")
    store.close()
    odd = own.parents[1] / f"date={TODAY - days_back * ONE_DAY}" / "0000.parquet"
    odd.parent.mkdir(exist_ok=True)
    before = f"timestamp - interval {days_back} day as timestamp, 'odd' as event_name"
    duckdb.sql(
        f"copy (select * replace ({before}, {change})"
        f" from read_parquet('{own}', hive_partitioning = false)) to '{odd}' (format parquet)"
    )
    store = open_store(data_dir)
    for then in (first, ask, build, merge, compact, build):
        then(store)
        found = revenue(store, BOTH_DAYS)
        assert found == revenue(Events(store), BOTH_DAYS)
        assert {row.amount for row in found if row.event == "buy"} == {Decimal(AMOUNT)}, then
    store.close()


def test_a_file_that_another_report_has_put_right_is_not_called_unreadable(data_dir: Path) -> None:
    store = with_a_file_of_another_making(data_dir, "5 as screen_size")
    files = store.cold.partitions.files_in("example.com", TODAY_ONLY)
    with capture_logs() as logs:
        assert store.put_right(files, "a report")
        assert store.put_right(files, "another report, which began before")
    assert [entry for entry in logs if entry["log_level"] == "error"] == []
    assert paths_seen(store) == ["/other", "/own"]
    store.close()


@pytest.mark.parametrize("change", UNUSABLE_COLUMNS)
def test_a_file_with_unusable_columns_costs_only_itself(data_dir, change) -> None:
    store = with_a_file_of_another_making(data_dir, change)
    for number in range(9):
        store_events(store, f"n{number}", [an_event(NOON + timedelta(seconds=number), "/z")])
        store.roll()
    assert totals(store, ReportQuery("example.com", TODAY_ONLY)).total_pageviews == 1 + 9
    assert store.cold.quarantined() == 1
    store.close()


def test_one_blocked_site_does_not_keep_the_others_hot(data_dir) -> None:
    store = open_store(data_dir)
    store_events(store, "b1", [an_event(site_id=f"s{number}") for number in range(8)])
    obstacle = store.cold.partitions.root / "site_id=s3"
    obstacle.write_text("in the way")
    with pytest.raises(OSError):
        store.roll()
    assert store.hot_rows() == 1
    obstacle.unlink()
    store.roll()
    assert store.hot_rows() == 0
    store.close()


def test_a_data_directory_may_have_wildcards_in_its_name(start, tmp_path) -> None:
    mallard = start(data_dir=tmp_path / "data[1]*")
    client = Client(application(mallard))
    for _ in range(2):
        event = {"d": "example.com", "n": "pageview", "u": "/"}
        assert post_event(client, event).status_code == 202
        assert mallard.flusher.roll()
    figures = client.get("/api/stats/main?site_id=example.com").json
    assert figures is not None and figures["total_pageviews"] == 2


def test_a_filter_on_a_property_survives_properties_that_are_no_json(data_dir) -> None:
    store = open_store(data_dir)
    store_events(store, "b1", [an_event(props="nope"), an_event(props='{"a":"b"}')])
    query = ReportQuery("example.com", TODAY_ONLY, filters=(parse_filter("prop:a==b"),))
    assert astuple(totals(store, query))[:2] == (1, 1)
    store.close()
