"""Sources and times of whole sessions, through the front door and across restarts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from mallard.app import Mallard
from tests.conftest import NOON, abandon, client_of, post_event, stored_events
from tests.waiting import PATIENCE_SECS

pytestmark = pytest.mark.thorough

HALF_AN_HOUR = timedelta(minutes=30)
CAMPAIGN = (
    "https://example.com/?utm_source=letter&utm_medium=mail&utm_campaign=spring"
    "&utm_content=top&utm_term=ducks"
)
UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")


def send(mallard: Mallard, url: str = "https://example.com/", referrer: str = "") -> None:
    body = {"d": "example.com", "n": "pageview", "u": url, "r": referrer}
    assert post_event(client_of(mallard), body).status_code == 202


def sources(mallard: Mallard) -> list[str | None]:
    return [event["referrer_source"] for event in stored_events(mallard)]


def stop(mallard: Mallard) -> None:
    assert mallard.stop(PATIENCE_SECS)


def kill_while_hot(mallard: Mallard) -> None:
    assert mallard.flusher.flush()
    assert (mallard.store.hot_rows(), mallard.journal.pending) == (1, 0)
    abandon(mallard)


def kill_while_journalled(mallard: Mallard) -> None:
    assert (mallard.store.hot_rows(), mallard.journal.pending) == (0, 1)
    abandon(mallard)


ENDS = pytest.mark.parametrize("end", [stop, kill_while_hot, kill_while_journalled])


def test_a_session_inherits_the_source_and_campaign_of_its_first_event(mallard, clock) -> None:
    send(mallard, CAMPAIGN, "https://www.google.com/")
    clock.move(minutes=10)
    send(mallard, "https://example.com/b?utm_source=other", "https://www.bing.com/")
    first, second = stored_events(mallard)
    assert [second[name] for name in UTM] == ["letter", "mail", "spring", "top", "ducks"]
    assert [first[name] for name in UTM] == [second[name] for name in UTM]
    assert first["referrer_source"] == second["referrer_source"] == "Google"


def test_the_referrer_stays_as_it_was_sent(mallard, clock) -> None:
    send(mallard, referrer="https://www.google.com/")
    clock.move(seconds=1)
    send(mallard, referrer="https://www.bing.com/search?q=ducks")
    referrers = [event["referrer"] for event in stored_events(mallard)]
    assert referrers == ["https://www.google.com/", "https://www.bing.com/search?q=ducks"]


def test_a_page_of_the_site_itself_is_no_referrer(mallard) -> None:
    send(mallard, referrer="https://www.example.com/before")
    (event,) = stored_events(mallard)
    assert (event["referrer"], event["referrer_source"]) == (None, None)


@pytest.mark.parametrize(("more_us", "second"), [(0, "Google"), (1, "Bing")])
def test_a_session_ends_after_more_than_half_an_hour(mallard, clock, more_us, second) -> None:
    send(mallard, referrer="https://www.google.com/")
    clock.now += HALF_AN_HOUR + timedelta(microseconds=more_us)
    send(mallard, referrer="https://www.bing.com/")
    assert sources(mallard) == ["Google", second]
    answer = client_of(mallard).get("/api/stats/main?site_id=example.com&period=day")
    assert json.loads(answer.text)["sessions"] == (1 if second == "Google" else 2)


@ENDS
@pytest.mark.parametrize(("more_us", "second"), [(0, "Google"), (1, "Bing")])
def test_a_session_goes_on_after_a_restart(
    start, clock, end: Callable[[Mallard], None], more_us: int, second: str
) -> None:
    one = start()
    send(one, CAMPAIGN, "https://www.google.com/")
    end(one)
    clock.now += HALF_AN_HOUR + timedelta(microseconds=more_us)
    two = start()
    send(two, referrer="https://www.bing.com/")
    assert sources(two) == ["Google", second]
    assert stored_events(two)[1]["utm_term"] == ("ducks" if second == "Google" else None)


@ENDS
@pytest.mark.parametrize("minutes_back", [0, 1, 5])
def test_a_small_step_back_keeps_the_order_over_a_restart(
    start, clock, end, minutes_back: int
) -> None:
    one = start()
    send(one, "https://example.com/1")
    end(one)
    clock.move(minutes=-minutes_back)
    two = start()
    send(two, "https://example.com/2")
    events = stored_events(two)
    assert [event["pathname"] for event in events] == ["/1", "/2"]
    assert events[0]["timestamp"] < events[1]["timestamp"]


@ENDS
def test_rounded_times_keep_their_order_over_a_restart(start, clock, end) -> None:
    """Most of an hour later, an event of its beginning still comes before."""
    one = start(round_timestamps=True)
    send(one, "https://example.com/1", "https://www.google.com/")
    end(one)
    clock.now = NOON + timedelta(minutes=55)
    two = start(round_timestamps=True)
    send(two, "https://example.com/2")
    first, second = stored_events(two)
    assert (first["pathname"], second["pathname"]) == ("/1", "/2")
    assert first["timestamp"] < second["timestamp"] < first["timestamp"] + timedelta(seconds=1)
    assert second["referrer_source"] == "Google"


def test_the_source_is_the_referrer_else_the_campaign_else_a_parameter(mallard, clock) -> None:
    for url, referrer, source in (
        (CAMPAIGN, "https://t.co/x", "Twitter"),
        (CAMPAIGN, "", "letter"),
        ("https://example.com/?ref=friend&source=other", "", "friend"),
        ("https://example.com/?source=other", "", "other"),
        ("https://example.com/?utm_source=chatgpt.com", "", "ChatGPT"),
        ("https://example.com/?ref=fb", "", "Facebook"),
        ("https://example.com/", "https://notgoogle.example/", "notgoogle.example"),
        ("https://example.com/", "", None),
    ):
        clock.move(minutes=31)
        send(mallard, url, referrer)
        assert sources(mallard)[-1] == source
