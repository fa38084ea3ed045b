"""What events of a batch say themselves, and the limits that each of them meets."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import Client

from mallard.wsgi import application
from tests.conftest import CHROME, post_event
from tests.ingest.posting import EVENT, Post, at, stored, summary
from tests.ingest.test_collect import error


def test_visitors_are_told_by_what_the_events_say_else_by_the_request(post: Post) -> None:
    response = post(
        [
            EVENT,
            EVENT | {"client_ip": "203.0.113.7", "user_agent": CHROME, "timestamp": None},
            EVENT | {"client_ip": "::ffff:203.0.113.7"},
            EVENT | {"client_ip": None, "user_agent": None},
            EVENT | {"user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"},
        ]
    )
    ids = [event["visitor_id"] for event in stored(response)]
    assert ids[0] == ids[3] and ids[1] == ids[2]
    assert len(set(ids)) == 3
    single = {"X_Forwarded_For": "203.0.113.7"}
    post_event(Client(application(response.mallard)), EVENT, **single)
    assert stored(response)[-1]["visitor_id"] == ids[1]


@pytest.mark.parametrize("address", ["", "nobody", "1.2.3", "1.2.3.4.5", "\ud7ff", "x" * 5000, 5])
def test_what_is_no_address_is_an_error_that_does_not_repeat_it(post: Post, address: Any) -> None:
    accepted, _, ((index, reason),) = summary(post([EVENT, EVENT | {"client_ip": address}]))
    assert (accepted, index) == (1, 1)
    assert "client_ip" in reason and (not address or str(address) not in reason)


def test_a_server_that_names_no_browser_sends_events_but_no_pageviews(post: Post) -> None:
    batch = [EVENT, EVENT | {"n": "signup"}, EVENT | {"user_agent": ""}]
    assert summary(post(batch, {"User-Agent": "python-requests/2.32"})) == (1, 2, [])


def test_the_wishes_of_a_browser_are_not_read_off_a_servers_headers(post: Post) -> None:
    headers = {"Sec-GPC": "1", "DNT": "1"}
    assert summary(post([EVENT], headers, respect_gpc=True)) == (1, 0, [])


def test_events_keep_the_time_they_bring(post: Post) -> None:
    times = {
        "2026-03-17T23:59:59.999999Z": at(2026, 3, 17, 23, 59, 59, 999999),
        "2026-03-18T00:30:00+01:00": at(2026, 3, 17, 23, 30),
        "2025-12-31T19:00:00-05:00": at(2026, 1, 1),
        "2026-03-18T12:05:00Z": at(2026, 3, 18, 12, 5),
    }
    response = post([EVENT | {"timestamp": time} for time in times])
    assert summary(response) == (4, 0, [])
    assert [event["timestamp"] for event in stored(response)] == sorted(times.values())


@pytest.mark.parametrize(
    "time",
    [
        "2026-03-18T12:05:00.000001Z",
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        "1970-01-01T00:00:00Z",
        "2026-03-18T12:00:00",
        "2026-03-18",
        "yesterday",
        "",
        1773835200,
    ],
)
def test_a_time_that_cannot_be_is_an_error(post: Post, time: object) -> None:
    accepted, _, ((index, reason),) = summary(post([EVENT | {"timestamp": time}, EVENT]))
    assert (accepted, index) == (1, 0)
    assert reason.startswith("timestamp")


def test_late_events_land_on_their_day_with_its_visitor_id(post: Post, clock: Any) -> None:
    clock.move(days=-1)
    visitor = {"client_ip": "203.0.113.7"}
    live = post([EVENT | visitor])
    clock.move(days=1)
    response = post([EVENT | visitor, EVENT | visitor | {"timestamp": "2026-03-17T15:00:00Z"}])
    assert response.mallard.flusher.roll()
    root = live.mallard.directory.path / "events" / "site_id=example.com"
    assert sorted(path.name for path in root.iterdir()) == ["date=2026-03-17", "date=2026-03-18"]
    first, late, today = stored(response)
    assert first["visitor_id"] == late["visitor_id"] != today["visitor_id"]


def test_weekly_ids_are_those_of_the_week_in_which_an_event_happened(post: Post) -> None:
    times = ("2026-03-08T12:00:00Z", "2026-03-09T12:00:00Z", "2026-03-15T12:00:00Z")
    batch = [EVENT | {"timestamp": time} for time in times]
    last_week, *this_week = stored(post(batch, visitor_id_rotation="weekly"))
    assert len({event["visitor_id"] for event in this_week}) == 1
    assert last_week["visitor_id"] != this_week[0]["visitor_id"]


def test_rounded_times_are_cut_whoever_gives_them(post: Post) -> None:
    batch = [EVENT | {"timestamp": "2026-03-17T10:45:00Z"}] * 2 + [EVENT]
    times = [event["timestamp"] for event in stored(post(batch, round_timestamps=True))]
    hour = at(2026, 3, 17, 10)
    assert times == [hour, hour + timedelta(microseconds=1), at(2026, 3, 18, 12)]


def test_late_events_are_in_the_reports_of_their_day(post: Post) -> None:
    response = post([EVENT | {"timestamp": "2026-03-11T10:00:00Z"}] * 3)
    path = "/api/stats/main?site_id=example.com&start_date=2026-03-11&end_date=2026-03-12"
    figures = Client(application(response.mallard)).get(path).json
    assert figures is not None
    assert (figures["total_pageviews"], figures["unique_visitors"]) == (3, 1)


def test_a_batch_may_spend_what_the_rate_limit_allows_and_no_more(post: Post, clock: Any) -> None:
    batch = [EVENT, EVENT | {"d": "other.org"}, EVENT, EVENT]
    response = post(batch, rate_limit_per_site=2)
    accepted, _, ((index, reason),) = summary(response)
    assert (accepted, index) == (3, 3)
    assert "rate limit" in reason
    assert response.mallard.intake.tally.counts()["rejected_rate_limited"] == 1
    assert summary(post([EVENT, EVENT | {"d": "other.org"}]))[0] == 1
    late = post([EVENT, EVENT])
    assert (late.status_code, late.headers["Retry-After"]) == (429, "1")
    assert "rate limit" in error(late)
    assert late.mallard.intake.tally.counts()["rejected_rate_limited"] == 4
    clock.move(seconds=1)
    assert summary(post([EVENT])) == (1, 0, [])


def test_only_so_many_sites_may_begin_in_an_hour(post: Post) -> None:
    batch = [EVENT | {"d": f"{name}.example"} for name in "abc"]
    accepted, _, ((index, reason),) = summary(post(batch, max_new_sites_per_hour=2))
    assert (accepted, index) == (2, 2)
    assert "new" in reason
    again = post([EVENT | {"d": "d.example"}])
    assert (again.status_code, again.headers["Retry-After"]) == (429, "3600")
    assert again.mallard.intake.tally.counts()["rejected_too_many_sites"] == 2


def test_only_listed_sites_are_taken_and_no_origin_is_needed(post: Post) -> None:
    batch = [EVENT, EVENT | {"d": "other.org"}]
    accepted, _, ((index, reason),) = summary(post(batch, site_ids=("example.com",)))
    assert (accepted, index) == (1, 1)
    assert "not a site of this instance" in reason
    assert summary(post([EVENT], {"Origin": "https://example.com"})) == (1, 0, [])
    foreign = post([EVENT], {"Origin": "https://other.org"})
    assert foreign.status_code == 403
    assert "Origin" in error(foreign)
