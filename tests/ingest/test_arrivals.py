"""Every event has a place of its own in time, and a session keeps the source it began with."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from mallard.ingest import arrivals
from mallard.ingest.arrivals import Arrivals
from mallard.ingest.moments import HOUR_US, KEEPS_ORDER_US, LAST_OF_HOUR
from mallard.model import Event, microseconds
from tests.builders import NOON, an_event

NOON_US = microseconds(NOON)
HALF_AN_HOUR_US = 1_800_000_000
DAY_US = 24 * HOUR_US


def place(places: Arrivals, at_us: int, **fields: Any) -> Event:
    event = an_event(**fields)
    places.place(event, at_us)
    return event


def times(places: Arrivals, *at_us: int) -> list[int]:
    return [place(places, at).timestamp for at in at_us]


def test_time_is_the_clocks_as_long_as_it_moves() -> None:
    moments = (NOON_US, NOON_US + 5, NOON_US + 6)
    assert times(Arrivals(), *moments) == list(moments)


def test_events_of_one_moment_are_a_microsecond_apart() -> None:
    assert times(Arrivals(), NOON_US, NOON_US, NOON_US) == [NOON_US, NOON_US + 1, NOON_US + 2]


@pytest.mark.parametrize("back_us", [1, 1_000_000, KEEPS_ORDER_US])
def test_a_clock_set_back_a_little_never_takes_time_back(back_us: int) -> None:
    back = NOON_US - back_us
    assert times(Arrivals(), NOON_US, back, back) == [NOON_US, NOON_US + 1, NOON_US + 2]


@pytest.mark.parametrize("back_us", [KEEPS_ORDER_US + 1, HOUR_US, 3 * DAY_US, 40 * DAY_US])
def test_a_clock_set_back_by_more_is_followed_in_the_order_of_arrival(back_us: int) -> None:
    places = Arrivals()
    back = NOON_US - back_us
    assert times(places, NOON_US, back, back) == [NOON_US, back, back + 1]
    assert times(places, back + 7) == [back + 7]


def test_no_time_is_given_twice_when_the_clock_comes_to_it_again() -> None:
    found = times(Arrivals(), NOON_US, NOON_US, NOON_US - HOUR_US, NOON_US - 1, NOON_US, NOON_US)
    assert found == [
        *(NOON_US, NOON_US + 1),
        *(NOON_US - HOUR_US, NOON_US - 1),
        *(NOON_US + 2, NOON_US + 3),
    ]


def test_an_hour_that_comes_again_is_counted_on() -> None:
    places = Arrivals(round_to_hour=True)
    moments = (NOON_US, NOON_US, NOON_US + HOUR_US, NOON_US + 1, NOON_US + HOUR_US, NOON_US)
    next_hour = NOON_US + HOUR_US
    expected = [NOON_US, NOON_US + 1, next_hour, NOON_US + 2, next_hour + 1, NOON_US + 3]
    assert times(places, *moments) == expected


@pytest.mark.parametrize("ahead_us", [2 * HOUR_US, 3 * DAY_US, 40 * DAY_US])
def test_a_visit_of_a_wrong_time_lends_its_source_to_none_of_now(ahead_us: int) -> None:
    places = Arrivals()
    place(places, NOON_US + ahead_us, referrer_source="Google")
    assert place(places, NOON_US, referrer_source="Bing").referrer_source == "Bing"
    assert place(places, NOON_US + 1).referrer_source == "Bing"


def test_a_session_goes_on_when_the_clock_is_set_back_within_it() -> None:
    places = Arrivals()
    place(places, NOON_US, referrer_source="Google")
    back = NOON_US - HALF_AN_HOUR_US // 2
    assert place(places, back, referrer_source="Bing").referrer_source == "Google"


def test_own_times_find_their_session_beside_a_visit_of_a_wrong_time() -> None:
    places = Arrivals()
    place(places, NOON_US + DAY_US, referrer_source="Google")
    for at_us in (NOON_US, NOON_US + 5):
        event = an_event(referrer_source="Bing" if at_us == NOON_US else None)
        places.place_at(event, at_us, NOON_US + 5)
        assert (event.timestamp, event.referrer_source) == (at_us, "Bing")


@pytest.mark.parametrize("round_to_hour", [False, True])
def test_threads_never_get_the_same_time(round_to_hour: bool) -> None:
    places = Arrivals(round_to_hour)

    def many(seed: int) -> list[int]:
        return times(places, *(NOON_US + (n * seed) % 7 for n in range(500)))

    with ThreadPoolExecutor(8) as pool:
        each = list(pool.map(many, range(1, 9)))
    assert all(mine == sorted(mine) for mine in each)
    assert len({at for mine in each for at in mine}) == 8 * 500


def test_time_goes_on_after_what_is_remembered() -> None:
    places = Arrivals()
    places.restore([("a", "v1", NOON_US + 9, (None,) * 6), ("a", "v2", NOON_US, (None,) * 6)])
    assert times(places, NOON_US) == [NOON_US + 10]


def test_rounded_times_count_the_arrivals_within_the_hour() -> None:
    quarter = HOUR_US // 4
    found = times(Arrivals(round_to_hour=True), *(NOON_US + n * quarter for n in range(6)))
    next_hour = NOON_US + HOUR_US
    assert found == [NOON_US, NOON_US + 1, NOON_US + 2, NOON_US + 3, next_hour, next_hour + 1]


def test_rounded_times_stay_in_their_second_and_hour_however_many_come() -> None:
    places = Arrivals(round_to_hour=True)
    places.restore([("a", "v", NOON_US + LAST_OF_HOUR - 1, (None,) * 6)])
    last = NOON_US + LAST_OF_HOUR
    assert times(places, NOON_US, NOON_US, NOON_US) == [last, last, last]
    assert times(places, NOON_US + HOUR_US) == [NOON_US + HOUR_US]


def test_rounded_times_go_on_when_the_clock_is_set_back_over_the_hour() -> None:
    found = times(Arrivals(round_to_hour=True), NOON_US, NOON_US - 1)
    assert found == [NOON_US, NOON_US + 1]


@pytest.mark.parametrize(("pause_us", "is_one_session"), [(0, True), (1, False)])
def test_half_an_hour_is_one_session_and_a_microsecond_more_is_not(
    pause_us: int, is_one_session: bool
) -> None:
    places = Arrivals()
    place(places, NOON_US, referrer_source="Google", utm_term="ducks")
    event = place(places, NOON_US + HALF_AN_HOUR_US + pause_us, referrer_source="Bing")
    expected = ("Google", "ducks") if is_one_session else ("Bing", None)
    assert (event.referrer_source, event.utm_term) == expected


def test_each_event_prolongs_the_session() -> None:
    places = Arrivals()
    for number in range(4):
        source = "Google" if number == 0 else f"Later{number}"
        event = place(places, NOON_US + number * HALF_AN_HOUR_US, referrer_source=source)
        assert event.referrer_source == "Google"


def test_a_session_that_began_directly_stays_direct() -> None:
    places = Arrivals()
    place(places, NOON_US)
    event = place(places, NOON_US + 1, referrer_source="Google", utm_campaign="spring")
    assert (event.referrer_source, event.utm_campaign) == (None, None)


def test_sites_and_visitors_have_sessions_of_their_own() -> None:
    places = Arrivals()
    place(places, NOON_US, referrer_source="Google")
    assert place(places, NOON_US + 1, visitor_id="v2").referrer_source is None
    assert place(places, NOON_US + 2, site_id="other.org").referrer_source is None


def test_only_so_many_visitors_are_remembered_the_longest_silent_goes() -> None:
    places = Arrivals()
    limit = arrivals.MAX_VISITORS
    place(places, NOON_US, visitor_id="first", referrer_source="Google")
    place(places, NOON_US, visitor_id="second", referrer_source="Google")
    place(places, NOON_US, visitor_id="first")
    places.restore(("a", f"v{n}", NOON_US, (None,) * 6) for n in range(limit - 1))
    assert place(places, NOON_US, visitor_id="first").referrer_source == "Google"
    assert place(places, NOON_US, visitor_id="second").referrer_source is None


def test_an_event_taken_back_leaves_no_trace_in_the_session() -> None:
    places = Arrivals()
    lost = an_event(referrer_source="Google")
    places.undo(lost, places.place(lost, NOON_US))
    assert place(places, NOON_US + 1, referrer_source="Bing").referrer_source == "Bing"
    lost = an_event(NOON + timedelta(minutes=20))
    places.undo(lost, places.place(lost, NOON_US + HALF_AN_HOUR_US))
    later = place(places, NOON_US + HALF_AN_HOUR_US + 2, referrer_source="Later")
    assert later.referrer_source == "Later"


def test_an_event_taken_back_stays_if_another_has_followed_it() -> None:
    places = Arrivals()
    lost = an_event(referrer_source="Google")
    before = places.place(lost, NOON_US)
    followed = place(places, NOON_US + 1)
    places.undo(lost, before)
    assert followed.referrer_source == "Google"
    assert place(places, NOON_US + 2).referrer_source == "Google"


LETTER = ("Letter", None, None, None, None, None)


def learn(places: Arrivals, last_us: int, first_us: int) -> None:
    """Whoever `place` has come was at another server before, from a source of their own."""
    event = an_event()
    places.learn([((event.site_id, event.visitor_id), last_us, LETTER, first_us)])


def test_a_session_goes_on_as_it_began_on_another_server() -> None:
    places = Arrivals()
    learn(places, NOON_US, NOON_US - 7)
    assert (
        place(places, NOON_US + HALF_AN_HOUR_US, referrer_source="Google").referrer_source
        == "Letter"
    )
    assert place(places, NOON_US + 3 * HALF_AN_HOUR_US, referrer_source="X").referrer_source == "X"


@pytest.mark.parametrize(("first_us", "source"), [(-5, "Letter"), (5, "Google")])
def test_of_a_session_that_began_on_two_the_earlier_source_counts(
    first_us: int, source: str
) -> None:
    places = Arrivals()
    place(places, NOON_US, referrer_source="Google")
    learn(places, NOON_US + first_us, NOON_US + first_us)
    assert place(places, NOON_US + 9, referrer_source="X").referrer_source == source


def test_what_another_server_saw_of_an_earlier_session_changes_nothing() -> None:
    places = Arrivals()
    place(places, NOON_US, referrer_source="Google")
    learn(places, NOON_US - HALF_AN_HOUR_US - 1, NOON_US - HALF_AN_HOUR_US - 2)
    assert place(places, NOON_US + 9, referrer_source="X").referrer_source == "Google"
