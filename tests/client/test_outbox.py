"""The queue of the client: bounded, in order, and nothing in it is sent twice."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from threading import Event

import pytest

from mallard.client import outbox
from mallard.client.delivery import Outcome
from mallard.client.outbox import LARGEST_BATCH, Outbox
from tests.waiting import PATIENCE_SECS

FOREVER = 3600.0


class Postman:
    """Writes batches down; stands still while the gate is shut."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.batches: list[tuple[str, list[bytes]]] = []
        self.gate = Event()
        self.gate.set()
        self.is_at_the_gate = Event()

    def send(self, path: str, items: list[bytes]) -> Outcome:
        self.is_at_the_gate.set()
        self.gate.wait()
        self.batches.append((path, items))
        return self.outcomes.pop(0) if self.outcomes else Outcome.TAKEN


@pytest.fixture
def postman() -> Iterator[Postman]:
    postman = Postman()
    yield postman
    postman.gate.set()


Open = Callable[..., Outbox]


@pytest.fixture
def open_box(postman: Postman) -> Iterator[Open]:
    opened: list[Outbox] = []

    def open_one(most: int = 1000, gather_secs: float = FOREVER) -> Outbox:
        opened.append(Outbox(postman, most, gather_secs))
        return opened[-1]

    yield open_one
    postman.gate.set()
    for box in opened:
        box.close(PATIENCE_SECS)


def test_items_go_together_in_their_order(open_box: Open, postman: Postman):
    box = open_box()
    for number in range(3):
        box.put("/a", b"%d" % number)
    assert box.flush(PATIENCE_SECS)
    assert postman.batches == [("/a", [b"0", b"1", b"2"])]


def test_each_path_has_batches_of_its_own_and_none_waits_for_another(
    open_box: Open, postman: Postman
):
    box = open_box()
    for number in range(2 * LARGEST_BATCH):
        box.put("/a", b"%d" % number)
        box.put("/b", b"x")
    assert box.flush(PATIENCE_SECS)
    assert {len(items) for _, items in postman.batches} == {LARGEST_BATCH}
    of_a = [item for path, items in postman.batches if path == "/a" for item in items]
    assert of_a == [b"%d" % number for number in range(2 * LARGEST_BATCH)]


def test_they_go_by_themselves_after_a_while(open_box: Open, postman: Postman):
    open_box(gather_secs=0.01).put("/a", b"1")
    assert postman.is_at_the_gate.wait(PATIENCE_SECS)


def test_a_full_batch_waits_for_nothing(open_box: Open, postman: Postman):
    box = open_box()
    for _ in range(LARGEST_BATCH):
        box.put("/a", b"1")
    assert postman.is_at_the_gate.wait(PATIENCE_SECS)


def test_beyond_its_bound_items_are_lost_and_nobody_waits(
    open_box: Open, postman: Postman, caplog: pytest.LogCaptureFixture
):
    postman.gate.clear()
    box = open_box(most=10, gather_secs=0.01)
    with caplog.at_level(logging.WARNING):
        for number in range(25):
            box.put("/a", b"%d" % number)
    assert [record.message for record in caplog.records] == [
        "Events are lost: too many wait already"
    ]
    postman.gate.set()
    assert box.flush(PATIENCE_SECS)
    sent = [item for _, items in postman.batches for item in items]
    assert sent == [b"%d" % number for number in range(10)]


def test_what_was_not_taken_is_sent_again_with_what_came_since(
    open_box: Open, postman: Postman, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(outbox, "FIRST_PAUSE_SECS", 0.01)
    postman.outcomes = [Outcome.LATER, Outcome.LATER]
    box = open_box()
    box.put("/a", b"1")
    assert box.flush(PATIENCE_SECS)
    assert postman.batches == [("/a", [b"1"])] * 3


def test_what_was_given_up_is_not_sent_again(open_box: Open, postman: Postman):
    postman.outcomes = [Outcome.GIVEN_UP]
    box = open_box()
    box.put("/a", b"1")
    assert box.flush(PATIENCE_SECS)
    box.put("/a", b"2")
    assert box.flush(PATIENCE_SECS)
    assert postman.batches == [("/a", [b"1"]), ("/a", [b"2"])]


def test_closing_sends_what_is_left_and_takes_no_more(open_box: Open, postman: Postman):
    box = open_box()
    box.put("/a", b"1")
    box.put("/b", b"2")
    box.close(PATIENCE_SECS)
    box.put("/a", b"3")
    assert postman.batches == [("/a", [b"1"]), ("/b", [b"2"])]


def test_closing_does_not_wait_for_a_server_that_is_away(
    open_box: Open, postman: Postman, caplog: pytest.LogCaptureFixture
):
    postman.outcomes = [Outcome.LATER]
    box = open_box()
    box.put("/a", b"1")
    box.put("/b", b"2")
    box.close(PATIENCE_SECS)
    assert postman.batches == [("/a", [b"1"])]
    assert "2 events were not sent before the end" in caplog.text


def test_flushing_gives_up_when_its_time_is_over(open_box: Open, postman: Postman):
    postman.gate.clear()
    box = open_box()
    box.put("/a", b"1")
    assert not box.flush(0.01)
