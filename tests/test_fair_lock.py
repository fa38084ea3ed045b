"""A lock that goes to whoever has waited longest, and that need not be waited for for ever."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import pytest

from mallard.fair_lock import FairLock
from mallard.model import Unavailable
from tests.waiting import until


@pytest.fixture
def lock() -> FairLock:
    return FairLock()


def waiters(lock: FairLock) -> int:
    return len(lock._waiting)


def in_a_thread(lock: FairLock, order: list[str], name: str) -> threading.Thread:
    """Has a thread wait for the lock, behind those that already do."""

    def run() -> None:
        with lock.held():
            order.append(name)

    before = waiters(lock)
    thread = threading.Thread(target=run)
    thread.start()
    until(lambda: waiters(lock) == before + 1)
    return thread


def test_whoever_has_waited_longest_comes_next(lock: FairLock) -> None:
    order: list[str] = []
    with lock.held():
        threads = [in_a_thread(lock, order, name) for name in "abc"]
    with lock.held():
        order.append("the first again")
    for thread in threads:
        thread.join()
    assert order == ["a", "b", "c", "the first again"]


def test_who_has_it_may_take_it_again(lock: FairLock) -> None:
    order: list[str] = []
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(lock.held())
        thread = in_a_thread(lock, order, "other")
        with lock.held():
            assert order == []
    thread.join()
    assert order == ["other"]


def test_who_has_waited_long_enough_goes_without_it(lock: FairLock) -> None:
    caught: list[Unavailable] = []

    def run() -> None:
        expected = pytest.raises(Unavailable, match=r"kept this waiting for 0\.01 seconds")
        with expected as error, lock.held(0.01):
            pass
        caught.append(error.value)

    with lock.held():
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    assert len(caught) == 1
    assert waiters(lock) == 0
    with lock.held(0):
        pass


def test_it_is_free_again_after_an_error(lock: FairLock) -> None:
    with pytest.raises(ValueError, match="ours"), lock.held():
        raise ValueError("ours")
    order: list[str] = []
    with lock.held(0):
        thread = in_a_thread(lock, order, "other")
    thread.join()
    assert order == ["other"]
