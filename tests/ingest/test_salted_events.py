"""Which events share a visitor's id: of one period, across restarts, and when they come late."""

from __future__ import annotations

import errno
from datetime import timedelta

import pytest
from werkzeug.test import Client

from mallard import durable
from mallard.app import Mallard
from mallard.ingest.pipeline import RawEvent
from mallard.wsgi import application
from tests.conftest import CHROME, NOON, abandon, post_event, stored_events
from tests.waiting import PATIENCE_SECS

EVENT = {"d": "example.com", "n": "pageview", "u": "https://example.com/"}
BODY = b'{"d":"example.com","n":"pageview","u":"https://example.com/"}'
GRACE = 2


def send(mallard: Mallard, days_ago: int = 0) -> None:
    """One visitor's pageview, on time or as an event of a batch that comes late."""
    at = NOON - timedelta(days=days_ago) if days_ago else None
    assert mallard.intake.take_all([RawEvent(BODY, CHROME, "203.0.113.9", at=at)]) == [None]


def ids(mallard: Mallard) -> list[str]:
    return [event["visitor_id"] for event in stored_events(mallard)]


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_restart_does_not_make_new_visitors(start, is_killed: bool) -> None:
    mallard = start()
    send(mallard)
    if is_killed:
        abandon(mallard)
    else:
        mallard.stop(PATIENCE_SECS)
    again = start()
    send(again)
    assert len(ids(again)) == 2
    assert len(set(ids(again))) == 1


def test_a_late_event_belongs_to_whom_came_on_that_day(start, clock) -> None:
    mallard = start()
    clock.now = NOON - timedelta(days=GRACE)
    send(mallard)
    clock.now = NOON
    send(mallard, days_ago=GRACE)
    assert len(set(ids(mallard))) == 1


def test_an_event_of_a_day_whose_salt_is_gone_is_by_a_visitor_of_its_own(start, clock) -> None:
    mallard = start()
    clock.now = NOON - timedelta(days=GRACE + 1)
    send(mallard)
    clock.now = NOON
    send(mallard)
    for _ in range(2):
        send(mallard, days_ago=GRACE + 1)
    on_time, *imported, _today = ids(mallard)
    assert len(set(imported)) == 1
    assert on_time not in imported


def test_suppressed_ids_need_no_salt(start, data_dir) -> None:
    mallard = start(suppress_visitor_id=True)
    send(mallard)
    mallard.stop(PATIENCE_SECS)
    assert not (data_dir / "salts").exists()


def test_commands_that_take_no_event_make_no_salt(start, data_dir) -> None:
    start().stop(PATIENCE_SECS)
    assert not (data_dir / "salts").exists()


def test_where_the_salt_cannot_be_kept_no_event_is_taken(
    start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    mallard = start()
    client = Client(application(mallard))
    monkeypatch.setattr(durable, "write_new", full)
    refused = post_event(client, EVENT)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert "No space left" in refused.text
    pixel = client.get("/api/event", query_string={"d": "example.com", "u": "https://example.com/"})
    assert (pixel.status_code, pixel.mimetype) == (200, "image/gif")
    monkeypatch.undo()
    assert post_event(client, EVENT).status_code == 202
    assert len(ids(mallard)) == 1
