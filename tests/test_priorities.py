"""Threads that yield to others do so from wherever they begin."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from mallard.priorities import LOW_PRIORITY, yield_to_others

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has them for threads")


def priority_after(begins_at: int) -> int:
    """That of a thread which began with another and then yields."""
    found: list[int] = []

    def run() -> None:
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, begins_at)
        yield_to_others()
        found.append(os.getpriority(os.PRIO_PROCESS, thread))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0]


def test_a_thread_comes_after_those_that_collect() -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert priority_after(own) == max(own, LOW_PRIORITY)


def test_one_that_is_last_already_stays_so() -> None:
    """Raising it would need root, and a server that is not would not start."""
    assert priority_after(19) == 19
