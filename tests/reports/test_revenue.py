"""What events brought in, from the figures of days and from the events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from mallard.model import Event, Period
from mallard.reports.query import ReportQuery
from mallard.reports.revenue import revenue
from mallard.store.store import Store
from mallard.store.upkeep.days import Upkeep
from tests.builders import NOON, TODAY, an_event, open_store, store_events
from tests.reports.reading import Events, days_rolled

pytestmark = pytest.mark.thorough

SITE = "example.com"
ONE_DAY = timedelta(days=1)
YESTERDAY, END = TODAY - ONE_DAY, TODAY + ONE_DAY
BOTH_DAYS = ReportQuery(SITE, Period(YESTERDAY, END), "day", 1000)
MOST = "9999999999.99"


@pytest.fixture
def store(data_dir: Path) -> Iterator[Store]:
    """One visitor bought something yesterday and this morning; the day goes on."""
    store = open_store(data_dir)
    store_events(store, "b1", [a_payment("10.00", at=NOON - ONE_DAY), a_payment("0.10")])
    store.roll()
    build(store)
    yield store
    store.close()


def a_payment(amount: str, currency: str | None = "EUR", at=NOON, name: str = "purchase") -> Event:
    return an_event(at, event_name=name, revenue_amount=amount, revenue_currency=currency)


def build(store: Store) -> None:
    Upkeep(store, lambda: TODAY).build_all()


def told(store: Store) -> list[tuple[object, ...]]:
    """What is told of both days, all of it from their figures, and the same by their events."""
    assert days_rolled(store, SITE, YESTERDAY, END, revenue) == 2
    found = revenue(store, BOTH_DAYS)
    assert found == revenue(Events(store), BOTH_DAYS)
    return [astuple(row) for row in found]


def test_days_are_added_up_although_who_paid_returns(store: Store) -> None:
    assert told(store) == [("purchase", "EUR", 2, Decimal("10.10"))]


def test_what_came_since_is_added_before_and_after_it_is_settled(store: Store) -> None:
    store_events(store, "b2", [a_payment("-10.20"), a_payment("0.00", "USD"), an_event()])
    expected = [
        ("purchase", "USD", 1, Decimal("0.00")),
        ("purchase", "EUR", 3, Decimal("-0.10")),
    ]
    assert told(store) == expected
    store.roll()
    assert told(store) == expected
    build(store)
    assert told(store) == expected


def test_payments_that_cancel_out_are_payments(store: Store) -> None:
    store_events(store, "b2", [a_payment("-10.10")])
    assert told(store) == [("purchase", "EUR", 3, Decimal("0.00"))]


def test_what_has_no_currency_is_told_apart(store: Store) -> None:
    store_events(store, "b2", [a_payment("7.00", None), a_payment("2.00", name="donation")])
    assert told(store) == [
        ("purchase", "EUR", 2, Decimal("10.10")),
        ("purchase", "(unknown)", 1, Decimal("7.00")),
        ("donation", "EUR", 1, Decimal("2.00")),
    ]


def test_a_currency_is_one_however_an_import_has_written_it(store: Store) -> None:
    events = [a_payment("1.00", currency) for currency in ("eur", "", None)]
    store_events(store, "b2", events)
    assert told(store) == [
        ("purchase", "EUR", 3, Decimal("11.10")),
        ("purchase", "(unknown)", 2, Decimal("2.00")),
    ]


def test_an_event_without_a_name_in_an_adopted_file_is_unknown(data_dir: Path) -> None:
    store = open_store(data_dir)
    store_events(store, "b1", [a_payment("10.00")])
    store.roll()
    (file,) = data_dir.rglob("*.parquet")
    store.close()
    copy = data_dir / "copy"
    duckdb.sql(
        "copy (select * replace (null::varchar as event_name)"
        f" from read_parquet('{file}', hive_partitioning = false)) to '{copy}' (format parquet)"
    )
    copy.replace(file)
    store = open_store(data_dir)
    for _ in range(2):
        (row,) = revenue(store, BOTH_DAYS)
        assert astuple(row) == ("(unknown)", "EUR", 1, Decimal("10.00"))
        build(store)
    store.close()


def test_sums_hold_more_than_64_bits_of_cents(store: Store) -> None:
    """A day's figures and what came since, as if a billion had paid the most there can be."""
    much = Decimal(MOST) * 10**9
    with store.database.side_writer() as connection:
        connection.execute(
            f"update {store.rollups.alias}.revenue set amount = $much where day = $day",
            {"much": much, "day": TODAY},
        )
    store_events(store, "b2", [a_payment(MOST)])
    (row,) = revenue(store, BOTH_DAYS)
    assert row.amount == much + Decimal("10.00") + Decimal(MOST)
