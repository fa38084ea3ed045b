"""Periodic tasks run when they are due; one that fails stops neither itself nor the others."""

from __future__ import annotations

import threading
import time

import pytest

from mallard.store.upkeep.housekeeping import Housekeeping, Task
from tests.waiting import PATIENCE_SECS


class Counted:
    """A task that counts its runs, tells when there were enough, and may fail each time."""

    def __init__(self, enough: int, failure: Exception | None = None) -> None:
        self.runs = 0
        self.is_enough = threading.Event()
        self._enough = enough
        self._failure = failure

    def __call__(self) -> None:
        self.runs += 1
        if self.runs >= self._enough:
            self.is_enough.set()
        if self._failure:
            raise self._failure


@pytest.fixture
def run():
    started: list[Housekeeping] = []

    def start(*tasks: Task) -> Housekeeping:
        housekeeping = Housekeeping(tasks)
        housekeeping.start()
        started.append(housekeeping)
        return housekeeping

    yield start
    for housekeeping in started:
        housekeeping.stop()


def test_a_task_runs_again_and_again(run) -> None:
    task = Counted(enough=3)
    run(Task("often", 0.01, task))
    assert task.is_enough.wait(PATIENCE_SECS)


def test_a_task_that_fails_is_logged_and_tried_again(run, capsys, caplog) -> None:
    failing, healthy = Counted(3, OSError("no room")), Counted(3)
    run(Task("failing", 0.01, failing), Task("healthy", 0.01, healthy))
    assert failing.is_enough.wait(PATIENCE_SECS)
    assert healthy.is_enough.wait(PATIENCE_SECS)
    # To the terminal, or where whoever configured logs before sent them.
    logged = "".join(capsys.readouterr()) + caplog.text
    assert "failing" in logged
    assert "no room" in logged


def test_each_task_has_its_own_pace(run) -> None:
    rare, frequent = Counted(enough=1), Counted(enough=5)
    run(Task("rare", 3600, rare), Task("frequent", 0.01, frequent))
    assert frequent.is_enough.wait(PATIENCE_SECS)
    assert rare.runs == 0


def test_tasks_never_run_at_the_same_time(run) -> None:
    busy = threading.Lock()
    overlaps: list[str] = []
    last = Counted(enough=5)

    def alone() -> None:
        if not busy.acquire(blocking=False):
            overlaps.append("overlap")
            return
        time.sleep(0.002)
        busy.release()

    run(Task("a", 0.001, alone), Task("b", 0.001, alone), Task("c", 0.001, last))
    assert last.is_enough.wait(PATIENCE_SECS)
    assert overlaps == []


def test_stopping_ends_after_the_task_under_way(run) -> None:
    is_running, may_end = threading.Event(), threading.Event()
    finished: list[bool] = []

    def slow() -> None:
        is_running.set()
        finished.append(may_end.wait(PATIENCE_SECS))

    housekeeping = run(Task("slow", 0.001, slow))
    assert is_running.wait(PATIENCE_SECS)
    threading.Timer(0.05, may_end.set).start()
    housekeeping.stop()
    assert finished == [True]


def test_stopping_what_never_began_is_fine() -> None:
    Housekeeping([Task("never", 1, Counted(1))]).stop()
