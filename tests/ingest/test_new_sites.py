"""Without a list of sites, only so many new ones may begin within an hour."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mallard import app
from mallard.ingest.new_sites import NewSites
from mallard.register.site import Site
from mallard.wsgi import application
from tests.conftest import Clock, post_event, stored_events
from tests.waiting import PATIENCE_SECS

HOUR_SECS = 3600.0


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return settings | {"max_new_sites_per_hour": 2}


def send(client: Client, site: str, **body: Any) -> TestResponse:
    return post_event(client, {"d": site, "n": "pageview", "u": f"https://{site}/", **body})


def test_one_site_too_many_is_told_when_to_come_back(client: Client, clock: Clock) -> None:
    assert send(client, "a").status_code == 202
    clock.move(minutes=59, seconds=30)
    assert send(client, "b").status_code == 202
    response = send(client, "c")
    assert (response.status_code, response.headers["Retry-After"]) == (429, "30")
    assert "new" in (response.json or {})["error"]


def test_the_next_hour_lets_new_sites_begin(client: Client, clock: Clock) -> None:
    assert [send(client, site).status_code for site in "abc"] == [202, 202, 429]
    clock.move(hours=1)
    assert [send(client, site).status_code for site in "cde"] == [202, 202, 429]


def test_sites_that_are_known_are_never_limited(client: Client) -> None:
    assert [send(client, site).status_code for site in "abcabab"] == [202, 202, 429, *[202] * 4]


def test_sites_with_events_are_known_after_a_restart(
    start: Callable[..., app.Mallard], clock: Clock
) -> None:
    mallard = start()
    for site in "ab":
        assert send(Client(application(mallard)), site).status_code == 202
    mallard.stop(PATIENCE_SECS)
    client = Client(application(start()))
    assert [send(client, site).status_code for site in "abcdea"] == [*[202] * 4, 429, 202]


def test_refused_sites_are_counted_by_their_reason(client: Client, mallard: app.Mallard) -> None:
    for site in "abcd":
        send(client, site)
    assert mallard.intake.tally.counts() == {"accepted": 2, "rejected_too_many_sites": 2}


def test_what_is_not_stored_begins_no_site(client: Client, mallard: app.Mallard) -> None:
    for number in range(5):
        assert send(client, f"bad{number}", u="http://[").status_code == 400
        response = post_event(
            client, {"d": f"bot{number}", "n": "pageview", "u": "/"}, User_Agent="curl/8"
        )
        assert response.status_code == 202
    assert [send(client, site).status_code for site in "abc"] == [202, 202, 429]
    assert {event["site_id"] for event in stored_events(mallard)} == {"a", "b"}


def test_nothing_is_limited_at_zero_or_with_a_list_of_sites(
    start: Callable[..., app.Mallard],
) -> None:
    sites = [f"site{number}" for number in range(5)]
    for settings in ({"max_new_sites_per_hour": 0}, {"site_ids": tuple(sites)}):
        mallard = start(**settings)
        client = Client(application(mallard))
        assert {send(client, site).status_code for site in sites} == {202}
        mallard.stop(PATIENCE_SECS)


def test_a_time_that_comes_late_opens_no_new_hour() -> None:
    sites = NewSites(per_hour=1)
    assert sites.admit("a", HOUR_SECS) == 0
    assert sites.admit("b", 0.0) > 0
    assert sites.admit("b", 2 * HOUR_SECS) == 0


@pytest.mark.parametrize("hours", [-1, 2, 72])
def test_a_wrong_clock_neither_admits_nor_refuses_a_site(
    client: Client, clock: Clock, hours: int
) -> None:
    assert [send(client, site).status_code for site in "abc"] == [202, 202, 429]
    clock.set(hours=hours)
    refused = send(client, "c")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3600")
    clock.set(hours=-hours)
    clock.move(hours=1)
    assert send(client, "c").status_code == 202


def test_what_is_remembered_has_a_bound() -> None:
    sites = NewSites(per_hour=1000, known=["old1", "old2"], max_known=3)
    for site in "abc":
        assert sites.admit(site, 0.0) == 0
    assert len(sites) == 3
    assert [sites.is_new(site) for site in ("old1", "old2", *"abc")] == [True, True, *[False] * 3]


def test_many_at_once_are_not_more_than_allowed() -> None:
    sites = NewSites(per_hour=10)
    waits: list[int] = []

    def begin(thread: int) -> None:
        waits.extend(sites.admit(f"{thread}-{number}", 0.0) for number in range(50))

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert waits.count(0) == len(sites) == 10


def test_sites_that_somebody_has_added_or_renamed_are_never_limited(
    mallard: app.Mallard, client: Client
) -> None:
    mallard.sites.replace("added.example", Site(), None)
    assert [send(client, site).status_code for site in "abc"] == [202, 202, 429]
    assert send(client, "added.example").status_code == 202
    mallard.history.rename("added.example", "renamed.example")
    for site in ("added.example", "renamed.example"):
        assert send(client, site).status_code == 202
