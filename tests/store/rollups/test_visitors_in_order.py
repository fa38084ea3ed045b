"""The visitors of all days are put in order, which changes nothing that anybody sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mallard.model import Period
from mallard.reports.query import ReportQuery
from mallard.reports.totals import totals
from mallard.store.deletion.days import delete_days, finish
from mallard.store.deletion.intents import Intents
from mallard.store.engine.database import Connection
from mallard.store.rollups import visitors_in_order
from mallard.store.rollups.visitors_in_order import arrange
from mallard.store.store import Store
from mallard.store.upkeep.days import Upkeep
from tests.builders import NOON, TODAY, an_event, open_store, store_events
from tests.conftest import copy_fresh
from tests.reports.reading import Events

pytestmark = pytest.mark.thorough

ONE_DAY = timedelta(days=1)
WEEK = Period(TODAY - 6 * ONE_DAY, TODAY + ONE_DAY)
SITES = ("a.example", "b.example")


@pytest.fixture(autouse=True)
def few_are_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitors_in_order, "LEAST_VISITORS", 10)


@pytest.fixture
def store(data_dir: Path) -> Iterator[Store]:
    store = with_visitors(data_dir)
    yield store
    store.close()


def with_visitors(data_dir: Path) -> Store:
    """Two sites with three days each, of which the last goes on; some visitors return."""
    store = open_store(data_dir)
    for number in range(3):
        at = NOON - number * ONE_DAY
        for site in SITES:
            visitors = [*(f"{number} {n}" for n in range(20)), *("anna", "ben")[number:]]
            events = [an_event(at, site_id=site, visitor_id=v) for v in visitors]
            store_events(store, f"{site} {number}", events)
    store.roll()
    return store


def arranged(store: Store, connection: Connection) -> bool:
    return arrange(store.rollups, connection, store.cold.publish, TODAY)


def in_storage(store: Store) -> list[tuple[bool, int, int]]:
    """Whether the day goes on, the site and the visitor, in the order in which they are stored."""
    with store.database.reader() as reader:
        sql = f"select day >= $today, site, visitor from {store.rollups.alias}.visitors"
        return reader.execute(f"{sql} order by rowid", {"today": TODAY}).fetchall()


def assert_figures_are_those_of_the_events(store: Store) -> None:
    for site in SITES:
        query = ReportQuery(site, WEEK)
        assert totals(store, query) == totals(Events(store), query)


def test_upkeep_puts_visitors_in_order(store: Store) -> None:
    Upkeep(store, lambda: TODAY).build_all()
    stored = in_storage(store)
    assert stored == sorted(stored)
    assert len(stored) == 2 * (3 * 20 + 2 + 1)
    assert_figures_are_those_of_the_events(store)
    late = [an_event(site_id=SITES[0], visitor_id=name) for name in ("0 3", "1 3", "ben", "new")]
    store_events(store, "late", late)
    assert_figures_are_those_of_the_events(store)


def test_what_is_in_order_stays_as_it_is(store: Store) -> None:
    Upkeep(store, lambda: TODAY).build_all()
    with store.database.side_writer() as connection:
        assert not arranged(store, connection)


def test_few_visitors_stay_as_they_are(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitors_in_order, "LEAST_VISITORS", 1000)
    Upkeep(store, lambda: TODAY).build_all()
    stored = in_storage(store)
    assert stored != sorted(stored)


class Meddled:
    """A connection beside which something else is done once, right after a statement."""

    def __init__(
        self, connection: Connection, statement: str, meddle: Callable[[], object]
    ) -> None:
        self._connection = connection
        self._statement = statement
        self._meddle: Callable[[], object] | None = meddle

    def execute(self, sql: str, bound: object = None) -> Connection:
        done = self._connection.execute(sql, bound)
        if self._meddle and self._statement in sql:
            meddle, self._meddle = self._meddle, None
            meddle()
        return done


@pytest.fixture(scope="module")
def worked_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where there are the figures of all days, but visitors in no order yet."""
    data_dir = tmp_path_factory.mktemp("unarranged") / "data"
    store = with_visitors(data_dir)
    with pytest.MonkeyPatch.context() as few:
        few.setattr(visitors_in_order, "LEAST_VISITORS", 1000)
        Upkeep(store, lambda: TODAY).build_all()
    store.close()
    return data_dir


@pytest.fixture
def unarranged(worked_out: Path, data_dir: Path) -> Iterator[Store]:
    """A copy of it."""
    copy_fresh(worked_out, data_dir)
    store = open_store(data_dir)
    yield store
    store.close()


def assert_only_the_second_site_is_left(store: Store) -> None:
    stored = in_storage(store)
    assert stored == sorted(stored)
    assert len(stored) == 3 * 20 + 2 + 1
    assert_figures_are_those_of_the_events(store)


def test_days_that_are_deleted_meanwhile_do_not_come_back(unarranged: Store) -> None:
    store = unarranged

    def delete() -> None:
        store.rollups.forget(SITES[0], WEEK, store.cold.publish)

    with store.database.side_writer() as connection:
        # A stand-in, as the methods of an open connection are read-only.
        meddled: Any = Meddled(connection, "create table", delete)
        assert not arranged(store, meddled)
    assert len(in_storage(store)) == 3 * 20 + 2 + 1
    with store.database.side_writer() as connection:
        assert arranged(store, connection)
    assert_only_the_second_site_is_left(store)


@pytest.mark.parametrize("table", ["built", "visitors", "corrected"])
def test_a_deletion_that_meets_it_is_done_when_it_is_tried_again(
    unarranged: Store, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    store = unarranged
    done: list[bool] = []
    side_writer = store.database.side_writer

    def arrange_meanwhile() -> None:
        with side_writer() as connection:
            done.append(arranged(store, connection))

    @contextmanager
    def meddled() -> Iterator[Any]:
        with side_writer() as connection:
            yield Meddled(connection, f".{table} where", arrange_meanwhile)

    delete_days(store, SITES[0], WEEK)
    with monkeypatch.context() as patched:
        patched.setattr(store.database, "side_writer", meddled)
        finish(store)
    assert done == [True]
    finish(store)
    assert not list(Intents(store.database.path.parent).pending())
    assert_only_the_second_site_is_left(store)
