"""The cache: answers are kept as long as they may be, and forgotten when the data changes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from mallard.reports.cache import ReportCache
from tests.waiting import PATIENCE_SECS


class Computation:
    """An answer that is another one each time."""

    def __init__(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.times = 0
        self._meanwhile = meanwhile

    def __call__(self) -> int:
        self.times += 1
        self._meanwhile()
        return self.times


class Timer:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def timer() -> Timer:
    return Timer()


@pytest.fixture
def cache(timer: Timer) -> ReportCache:
    return ReportCache(60, 100, timer)


def test_an_answer_is_computed_once(cache: ReportCache) -> None:
    compute = Computation()
    assert [cache.get("docs", "main", compute) for _ in range(3)] == [1, 1, 1]
    assert (cache.hits, cache.misses, len(cache)) == (2, 1, 1)


def test_an_answer_of_nothing_is_kept_too(cache: ReportCache) -> None:
    assert [cache.get("docs", "main", lambda: None) for _ in range(2)] == [None, None]
    assert cache.hits == 1


def test_another_question_or_site_has_an_answer_of_its_own(cache: ReportCache) -> None:
    compute = Computation()
    keys = (("docs", "main"), ("docs", "pages"), ("shop", "main"))
    assert [cache.get(*key, compute) for key in keys * 2] == [1, 2, 3, 1, 2, 3]


def test_an_answer_expires(cache: ReportCache, timer: Timer) -> None:
    compute = Computation()
    cache.get("docs", "main", compute)
    timer.now = 59.9
    assert cache.get("docs", "main", compute) == 1
    timer.now = 60.1
    assert len(cache) == 0
    assert cache.get("docs", "main", compute) == 2


def test_without_a_time_to_live_nothing_is_kept_or_counted(timer: Timer) -> None:
    cache, compute = ReportCache(0, 100, timer), Computation()
    assert [cache.get("docs", "main", compute) for _ in range(2)] == [1, 2]
    assert (cache.hits, cache.misses, len(cache)) == (0, 0, 0)


def test_only_so_many_answers_are_kept(timer: Timer) -> None:
    bounded, unbounded = ReportCache(60, 5, timer), ReportCache(60, 0, timer)
    for number in range(50):
        bounded.get("docs", number, Computation())
        unbounded.get("docs", number, Computation())
    assert (len(bounded), len(unbounded)) == (5, 50)


def test_forgetting_a_site_leaves_the_others(cache: ReportCache) -> None:
    compute = Computation()
    for site in ("docs", "shop"):
        cache.get(site, "main", compute)
    cache.forget("docs")
    assert cache.get("shop", "main", compute) == 2
    assert cache.get("docs", "main", compute) == 3


def test_an_answer_that_was_being_computed_is_forgotten_too(cache: ReportCache) -> None:
    outdated = Computation(meanwhile=lambda: cache.forget("docs"))
    assert cache.get("docs", "main", outdated) == 1
    assert len(cache) == 0
    assert cache.get("docs", "main", lambda: "new") == "new"


def test_forgetting_one_site_leaves_what_another_is_computing(cache: ReportCache) -> None:
    cache.get("docs", "main", Computation(meanwhile=lambda: cache.forget("shop")))
    assert len(cache) == 1


def test_what_is_not_worth_keeping_is_not_kept(cache: ReportCache) -> None:
    compute = Computation()
    assert [cache.get("docs", "main", compute, lambda: False) for _ in range(2)] == [1, 2]
    assert len(cache) == 0


def test_a_failure_is_not_kept(cache: ReportCache) -> None:
    def fail() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cache.get("docs", "main", fail)
    assert cache.get("docs", "main", Computation()) == 1


def test_a_slow_answer_holds_up_no_other(cache: ReportCache) -> None:
    is_computing, may_end = threading.Event(), threading.Event()

    def slow() -> str:
        is_computing.set()
        assert may_end.wait(PATIENCE_SECS)
        return "slow"

    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(cache.get, "docs", "slow", slow)
        assert is_computing.wait(PATIENCE_SECS)
        assert cache.get("docs", "quick", lambda: "quick") == "quick"
        may_end.set()
        assert answer.result() == "slow"
