"""An event that brings its own time keeps it, and moves nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from mallard.ingest import arrivals
from mallard.ingest.arrivals import Arrivals
from mallard.ingest.moments import HOUR_US, LAST_OF_HOUR
from mallard.model import Event, Period
from tests.builders import TODAY, an_event
from tests.ingest.test_arrivals import HALF_AN_HOUR_US, NOON_US, place

MINUTE_US = 60_000_000
YESTERDAY_US = NOON_US - 24 * HOUR_US


def place_at(places: Arrivals, at_us: int, now_us: int = NOON_US, **fields: Any) -> Event:
    event = an_event(**fields)
    places.place_at(event, at_us, now_us)
    return event


def own_times(places: Arrivals, *at_us: int) -> list[int]:
    return [place_at(places, at).timestamp for at in at_us]


def test_times_are_kept_in_whatever_order_they_come() -> None:
    sent = [YESTERDAY_US, NOON_US - 5, YESTERDAY_US - 7, NOON_US + 5 * MINUTE_US]
    assert own_times(Arrivals(), *sent) == sent


def test_equal_times_of_a_visitor_keep_the_order_in_which_they_come() -> None:
    at = YESTERDAY_US
    assert own_times(Arrivals(), at, at, at + 1, at, at - 1) == [at, at + 1, at + 2, at + 3, at - 1]


def test_equal_times_of_two_visitors_or_sites_are_left_alone() -> None:
    places = Arrivals()
    for site_id, visitor_id in (("a", "v1"), ("a", "v2"), ("b", "v1")):
        event = place_at(places, YESTERDAY_US, site_id=site_id, visitor_id=visitor_id)
        assert event.timestamp == YESTERDAY_US


def test_thousands_of_one_time_all_find_their_own() -> None:
    found = own_times(Arrivals(), *[YESTERDAY_US] * 5_000)
    assert found == list(range(YESTERDAY_US, YESTERDAY_US + 5_000))


def test_the_clock_of_others_is_not_moved() -> None:
    places = Arrivals()
    place(places, NOON_US)
    own_times(places, NOON_US + 5 * MINUTE_US, NOON_US + 2 * MINUTE_US)
    assert place(places, NOON_US, visitor_id="v2").timestamp == NOON_US + 1
    assert place(places, NOON_US).timestamp == NOON_US + 2


def test_a_time_that_the_clock_gave_the_visitor_is_not_given_twice() -> None:
    places = Arrivals()
    place(places, NOON_US)
    assert own_times(places, NOON_US, NOON_US) == [NOON_US + 1, NOON_US + 2]


def test_an_event_within_a_session_inherits_its_source() -> None:
    places = Arrivals()
    place(places, NOON_US - 10 * MINUTE_US, referrer_source="Google", utm_term="ducks")
    place(places, NOON_US)
    for at in (NOON_US - MINUTE_US, NOON_US + 1, NOON_US - 10 * MINUTE_US):
        event = place_at(places, at, referrer_source="Bing")
        assert (event.referrer_source, event.utm_term) == ("Google", "ducks")


def test_an_event_before_all_that_is_known_keeps_its_own_source() -> None:
    places = Arrivals()
    place(places, NOON_US - MINUTE_US, referrer_source="Google")
    for at in (NOON_US - 2 * MINUTE_US, YESTERDAY_US):
        assert place_at(places, at, referrer_source="Bing").referrer_source == "Bing"
    assert place(places, NOON_US, referrer_source="Bing").referrer_source == "Google"


def test_a_session_may_begin_with_an_event_that_brings_its_time() -> None:
    places = Arrivals()
    place_at(places, NOON_US - MINUTE_US, referrer_source="Google")
    assert place(places, NOON_US).referrer_source == "Google"
    assert place_at(places, NOON_US + MINUTE_US).referrer_source == "Google"
    # The session lasts from its last event on, which lies ahead.
    late = place(places, NOON_US + HALF_AN_HOUR_US + MINUTE_US, referrer_source="Bing")
    assert late.referrer_source == "Google"


@pytest.mark.parametrize(("ago_us", "source"), [(HALF_AN_HOUR_US, "Bing"), (0, "Google")])
def test_old_events_are_no_beginning_of_a_session_that_goes_on(ago_us: int, source: str) -> None:
    places = Arrivals()
    place_at(places, NOON_US - ago_us - 1, referrer_source="Google")
    assert place(places, NOON_US, referrer_source="Bing").referrer_source == source


def test_what_is_taken_back_gives_its_time_free() -> None:
    places = Arrivals()
    first, second = an_event(referrer_source="Google"), an_event()
    before = [places.place_at(event, NOON_US, NOON_US) for event in (first, second)]
    places.undo(second, before[1])
    places.undo(first, before[0])
    again = place_at(places, NOON_US, referrer_source="Bing")
    assert (again.timestamp, again.referrer_source) == (NOON_US, "Bing")


def test_erased_times_are_free_again() -> None:
    places = Arrivals()
    own_times(places, NOON_US, NOON_US, YESTERDAY_US)
    places.forget("example.com", Period(TODAY, TODAY.replace(day=TODAY.day + 1)))
    assert own_times(places, NOON_US, YESTERDAY_US) == [NOON_US, YESTERDAY_US + 1]


def test_only_so_many_times_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "MAX_OWN_TIMES", 3)
    places = Arrivals()
    own_times(places, *range(YESTERDAY_US, YESTERDAY_US + 4))
    assert own_times(places, YESTERDAY_US + 3) == [YESTERDAY_US + 4]
    assert own_times(places, YESTERDAY_US) == [YESTERDAY_US]


def test_rounded_times_are_cut_to_the_hour_and_count_what_a_visitor_did_within_it() -> None:
    places = Arrivals(round_to_hour=True)
    hour = YESTERDAY_US
    sent = [hour + 40 * MINUTE_US, hour + 5, hour + HOUR_US, hour + 50 * MINUTE_US]
    assert own_times(places, *sent) == [hour, hour + 1, hour + HOUR_US, hour + 2]


def test_rounded_times_of_the_current_hour_are_counted_with_all_others() -> None:
    places = Arrivals(round_to_hour=True)
    place(places, NOON_US + 30 * MINUTE_US)
    assert place_at(places, NOON_US + 5, NOON_US + 31 * MINUTE_US).timestamp == NOON_US + 1
    assert place(places, NOON_US + 32 * MINUTE_US).timestamp == NOON_US + 2


def test_rounded_times_never_leave_their_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "LAST_OF_HOUR", 2)
    assert LAST_OF_HOUR == 999_999
    hour = YESTERDAY_US
    found = own_times(Arrivals(round_to_hour=True), *[hour] * 4)
    assert found == [hour, hour + 1, hour + 2, hour + 2]
