"""A report opens files of its site and its days, and of no others."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mallard.model import Period
from mallard.reports.filters import parse_filter
from mallard.reports.flow import flow
from mallard.reports.funnel import funnel
from mallard.reports.query import ReportQuery
from mallard.reports.realtime import realtime
from mallard.reports.retention import retention
from mallard.reports.sequences import sequences
from mallard.reports.steps import Step
from mallard.store.parquet.partitions import day_of
from mallard.store.store import Store
from mallard.store.upkeep.days import Upkeep
from tests.builders import NOON, TODAY, open_store, store_events
from tests.conftest import copy_fresh
from tests.reports.visits import FIRST, SITES, TELLING, visits

pytestmark = pytest.mark.thorough

ONE_DAY = timedelta(days=1)
SITE, *_ = SITES
DAYS = Period(FIRST + timedelta(days=3), FIRST + timedelta(days=6))
QUERY = ReportQuery(SITE, DAYS, "day", 1000)
FILTERED = ReportQuery(SITE, DAYS, "day", 1000, (parse_filter("browser==Chrome"),))
STEPS = (Step("page", "/"), Step("page", "/a"))

Ask = Callable[[Store], object]
Answers = dict[Ask, object]


def all_about(query: ReportQuery) -> list[Ask]:
    """Every report of a query."""

    def about(ask: Callable[[Store, ReportQuery], object]) -> Ask:
        return lambda store: ask(store, query)

    return [about(ask) for ask in TELLING.values()]


PLAIN = all_about(QUERY)
OF_EVENTS: list[Ask] = [
    *all_about(FILTERED),
    lambda store: funnel(store, QUERY, STEPS, ONE_DAY),
    lambda store: sequences(store, QUERY, STEPS),
    lambda store: flow(store, QUERY, "/"),
]
OF_OTHER_DAYS: list[Ask] = [
    lambda store: retention(store, QUERY, 2),
    lambda store: realtime(store, ReportQuery(SITE, Period(TODAY, TODAY + ONE_DAY)), NOON),
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where ten days of three sites are in files."""
    data_dir = tmp_path_factory.mktemp("whole") / "data"
    store = open_store(data_dir)
    days = [FIRST + timedelta(days=n) for n in range(10)]
    store_events(store, "b1", visits(random.Random(3), SITES, days, 4))
    store.roll()
    store.close()
    return data_dir


@pytest.fixture(scope="module")
def built(whole: Path) -> Path:
    """The same, with the figures of every day."""
    data_dir = shutil.copytree(whole, whole.with_name("built"))
    store = open_store(data_dir)
    Upkeep(store, lambda: TODAY).build_all()
    store.close()
    return data_dir


@pytest.fixture(scope="module")
def answers(whole: Path) -> Answers:
    """What a store says that lacks nothing."""
    store = open_store(shutil.copytree(whole, whole.with_name("asked")))
    found = {ask: ask(store) for ask in (*PLAIN, *OF_EVENTS, *OF_OTHER_DAYS)}
    store.close()
    return found


@pytest.fixture
def store(
    request: pytest.FixtureRequest, whole: Path, built: Path, data_dir: Path
) -> Iterator[Store]:
    """Of this one nothing has been asked: it knows no answer, but perhaps figures."""
    is_built = getattr(request, "param", False)
    copy_fresh(built if is_built else whole, data_dir)
    store = open_store(data_dir)
    assert bool(store.without_rollups()) != is_built
    yield store
    store.close()


def assert_answers_stay_without(
    store: Store, answers: Answers, asked: list[Ask], is_gone: Callable[[Path], bool]
) -> None:
    tree = store.cold.partitions
    known = {partition: tree.files(partition) for partition in tree.partitions()}
    gone = [path for path in tree.root.rglob("*.parquet") if is_gone(path)]
    for path in gone:
        path.unlink()
    assert len(gone) >= 20
    assert [ask(store) for ask in asked] == [answers[ask] for ask in asked]
    assert {partition: tree.files(partition) for partition in tree.partitions()} == known


def is_of_another_site(path: Path) -> bool:
    return f"site_id={SITE}" not in path.parts


WITH_FIGURES_AND_WITHOUT = pytest.mark.parametrize("store", [True, False], indirect=True)


@WITH_FIGURES_AND_WITHOUT
def test_files_of_other_sites_are_not_opened(store: Store, answers: Answers) -> None:
    asked = [*PLAIN, *OF_EVENTS, *OF_OTHER_DAYS]
    assert_answers_stay_without(store, answers, asked, is_of_another_site)


@WITH_FIGURES_AND_WITHOUT
def test_files_of_other_days_are_not_opened(store: Store, answers: Answers) -> None:
    assert_answers_stay_without(
        store,
        answers,
        [*PLAIN, *OF_EVENTS],
        lambda path: is_of_another_site(path) or day_of(path) not in DAYS,
    )


def test_a_file_that_is_missed_is_put_aside(store: Store) -> None:
    """Else these tests would say nothing."""
    (file, *_) = store.cold.partitions.files_in(SITE, DAYS)
    file.path.unlink()
    funnel(store, QUERY, STEPS, ONE_DAY)
    assert file not in store.cold.partitions.files_in(SITE, DAYS)


@pytest.mark.parametrize("store", [True], indirect=True)
def test_of_days_with_figures_no_file_is_opened(store: Store, answers: Answers) -> None:
    assert_answers_stay_without(store, answers, PLAIN, lambda _: True)
