"""The events of a history keep their order and their sessions' sources, as live ones do."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from mallard.model import Event, microseconds
from mallard.transfer.histories.sessions import Sessions
from tests.builders import NOON, an_event

T = microseconds(NOON)


def placed(*events: Event) -> list[Event]:
    sessions = Sessions()
    return [sessions.place(event) for event in events]


def test_events_of_the_same_second_keep_the_order_of_the_file():
    events = placed(*[an_event(path=f"/{n}") for n in range(3)], an_event(visitor_id="other"))
    assert [event.timestamp - T for event in events] == [0, 1, 2, 0]


def test_times_finer_than_a_second_stay_as_they_are():
    late = NOON + timedelta(microseconds=7)
    events = placed(an_event(), an_event(late), an_event(late), an_event())
    assert [event.timestamp - T for event in events] == [0, 7, 7, 8]


def test_a_second_never_overflows_into_the_next():
    last = NOON + timedelta(microseconds=999_999)
    events = placed(an_event(last), an_event(), an_event())
    assert [event.timestamp - T for event in events] == [999_999] * 3


def test_no_gap_becomes_longer_than_it_was():
    random = Random(5)
    at, events = NOON, []
    for _ in range(500):
        at += timedelta(seconds=random.choice((0, 1, 1800)))
        events.append(an_event(at, visitor_id=random.choice("ab")))
    before = [(event.visitor_id, event.timestamp) for event in events]
    after = [(event.visitor_id, event.timestamp) for event in placed(*events)]
    for visitor in "ab":
        whole, fine = ([at for who, at in times if who == visitor] for times in (before, after))
        assert fine == sorted(set(fine))
        gaps = zip(whole, whole[1:], fine, fine[1:], strict=False)
        assert all(d - c <= b - a for a, b, c, d in gaps if b > a)


def test_a_session_keeps_the_source_that_it_began_with():
    half_an_hour = timedelta(minutes=30)
    moments = (NOON, NOON + half_an_hour, NOON + 2 * half_an_hour + timedelta(seconds=1))
    events = placed(
        *[
            an_event(at, referrer_source=source, utm_term=source)
            for at, source in zip(moments, ("Google", "Bing", "Kagi"), strict=True)
        ]
    )
    assert [event.referrer_source for event in events] == ["Google", "Google", "Kagi"]
    assert [event.utm_term for event in events] == ["Google", "Google", "Kagi"]


def test_visitors_of_other_sites_are_others():
    first, second = placed(
        an_event(referrer_source="Google"), an_event(site_id="other.example", referrer_source=None)
    )
    assert (first.referrer_source, second.referrer_source) == ("Google", None)
