"""The parts of a page, asked for at the same time."""

from __future__ import annotations

import threading
from functools import partial

import pytest
import structlog

from mallard.web.dashboard.together import AT_ONCE, together
from tests.waiting import PATIENCE_SECS


def test_two_run_at_once_and_the_answers_keep_their_order() -> None:
    meeting = threading.Barrier(AT_ONCE)

    def meet(answer: int) -> int:
        meeting.wait(PATIENCE_SECS)
        return answer

    assert together([partial(meet, number) for number in range(2 * AT_ONCE)]) == [0, 1, 2, 3]


def test_the_first_failure_is_that_of_all() -> None:
    def fail() -> None:
        raise ValueError("days must be 1 to 366")

    with pytest.raises(ValueError, match="days must be"):
        together([int, fail, int])


def test_what_is_logged_belongs_to_the_request() -> None:
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        (context,) = together([structlog.contextvars.get_contextvars])
    assert context == {"request_id": "r1"}
