"""One request of the client, and what its answer means for the batch."""

from __future__ import annotations

import logging
import socket
from threading import Thread

import pytest

from mallard.client.delivery import Delivery, Outcome
from tests.client.conftest import Recorder
from tests.waiting import PATIENCE_SECS

ITEMS = [b'{"n": 1}', b'{"n": 2}']


def test_items_are_posted_as_an_array_with_the_key(recorder: Recorder):
    delivery = Delivery(f"{recorder.url}/below/", "mm_key", PATIENCE_SECS)
    assert delivery.send("/api/events", ITEMS) is Outcome.TAKEN
    assert recorder.posts == [("/below/api/events", [{"n": 1}, {"n": 2}])]
    assert recorder.headers[0]["Authorization"] == "Bearer mm_key"


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again(recorder: Recorder, status: int):
    recorder.answers = [(status, "later")]
    assert Delivery(recorder.url, "k", PATIENCE_SECS).send("/a", ITEMS) is Outcome.LATER


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 500, 502])
def test_a_refusal_is_logged_and_not_repeated(
    recorder: Recorder, status: int, caplog: pytest.LogCaptureFixture
):
    recorder.answers = [(status, "no such key")]
    assert Delivery(recorder.url, "k", PATIENCE_SECS).send("/a", ITEMS) is Outcome.GIVEN_UP
    assert f"2 events for /a were refused with {status}: no such key" in caplog.text


def test_refused_events_of_a_batch_are_logged(recorder: Recorder, caplog: pytest.LogCaptureFixture):
    recorder.answers = [(200, '{"errors": [{"index": 1, "error": "n is empty"}]}')]
    assert Delivery(recorder.url, "k", PATIENCE_SECS).send("/a", ITEMS) is Outcome.TAKEN
    assert "1 of 2 events for /a: n is empty" in caplog.text


@pytest.mark.parametrize("answer", ["", "<html>", "[]", '{"errors": 5}', '{"errors": [1]}'])
def test_an_odd_answer_harms_nobody(recorder: Recorder, answer: str):
    recorder.answers = [(200, answer)]
    assert Delivery(recorder.url, "k", PATIENCE_SECS).send("/a", ITEMS) is Outcome.TAKEN


def test_where_nobody_listens_a_batch_can_go_again(caplog: pytest.LogCaptureFixture):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with caplog.at_level(logging.INFO):
        assert (
            Delivery(f"http://127.0.0.1:{port}", "k", PATIENCE_SECS).send("/a", ITEMS)
            is Outcome.LATER
        )
    assert "cannot be reached" in caplog.text


def test_a_batch_whose_answer_is_lost_is_not_sent_again():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(65536)

        thread = Thread(target=hang_up)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        assert Delivery(url, "k", PATIENCE_SECS).send("/a", ITEMS) is Outcome.GIVEN_UP
        thread.join()


def test_a_server_that_never_answers_is_waited_for_only_so_long():
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        assert Delivery(url, "k", 0.05).send("/a", ITEMS) is Outcome.GIVEN_UP


@pytest.mark.parametrize("url", ["", "stats.example.com", "ftp://example.com", "http://"])
def test_what_is_no_address_is_refused_at_the_start(url: str):
    with pytest.raises(ValueError, match="url must be an address"):
        Delivery(url, "k", PATIENCE_SECS)
