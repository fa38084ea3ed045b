"""A clock that is wrong for a moment spoils that moment alone, whether a restart follows or not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from mallard.app import Mallard
from mallard.auth.lockout import LockedOut, WrongPassword
from tests.conftest import NOON, Clock, abandon, client_of, post_event, stored_events
from tests.waiting import PATIENCE_SECS

pytestmark = pytest.mark.thorough

SITE = "example.com"


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return settings | {"rate_limit_per_site": 10, "max_new_sites_per_hour": 2}


def send(mallard: Mallard, path: str, site: str = SITE, visitor: int = 1) -> int:
    body = {"d": site, "n": "pageview", "u": f"https://{site}{path}"}
    client = client_of(mallard)
    return post_event(client, body, X_Forwarded_For=f"203.0.113.{visitor}").status_code


def answer(mallard: Mallard, path: str) -> Any:
    """The JSON at a path."""
    return client_of(mallard).get(path).json


def stays(mallard: Mallard, start: Callable[..., Mallard]) -> Mallard:
    return mallard


def stops(mallard: Mallard, start: Callable[..., Mallard]) -> Mallard:
    assert mallard.stop(PATIENCE_SECS)
    return start()


def is_killed(mallard: Mallard, start: Callable[..., Mallard]) -> Mallard:
    abandon(mallard)
    return start()


GOES_ON = pytest.mark.parametrize("goes_on", [stays, stops, is_killed])
WRONG_BY = pytest.mark.parametrize(
    "wrong_by",
    [timedelta(hours=-1), timedelta(hours=2), timedelta(days=3), timedelta(days=40)],
    ids=["an hour back", "two hours ahead", "three days ahead", "forty days ahead"],
)


@GOES_ON
@WRONG_BY
def test_later_events_have_the_time_of_the_clock(
    start: Callable[..., Mallard], clock: Clock, wrong_by: timedelta, goes_on
) -> None:
    mallard = start()
    clock.now += wrong_by
    assert [send(mallard, path) for path in ("/wrong/1", "/wrong/2")] == [202, 202]
    mallard = goes_on(mallard, start)
    clock.now -= wrong_by
    assert [send(mallard, f"/right/{n}", visitor=n % 2 + 1) for n in range(3)] == [202] * 3
    times = {e["pathname"]: e["timestamp"] for e in stored_events(mallard)}
    noon = NOON.replace(tzinfo=None)
    assert all(abs(times[f"/right/{n}"] - noon) <= timedelta(microseconds=n) for n in range(3))
    assert times["/right/0"] < times["/right/1"] < times["/right/2"]
    assert len(set(times.values())) == 5


@GOES_ON
@pytest.mark.parametrize("ahead", [timedelta(minutes=6), timedelta(minutes=20)])
def test_a_visit_goes_on_at_the_right_time_in_the_order_of_arrival(
    start: Callable[..., Mallard], clock: Clock, ahead: timedelta, goes_on
) -> None:
    """It is one visit; what it did before stands where the clock of then has put it."""
    mallard = start()
    clock.now += ahead
    assert send(mallard, "/wrong") == 202
    mallard = goes_on(mallard, start)
    clock.now -= ahead
    assert [send(mallard, f"/right/{n}") for n in range(3)] == [202] * 3
    times = {e["pathname"]: e["timestamp"] for e in stored_events(mallard)}
    noon = NOON.replace(tzinfo=None)
    expected = [noon + timedelta(microseconds=n) for n in range(3)]
    assert [times[f"/right/{n}"] for n in range(3)] == expected
    assert times["/wrong"] == noon + ahead
    clock.move(seconds=ahead.total_seconds() + 1)
    figures = answer(mallard, f"/api/stats/main?site_id={SITE}&period=day")
    assert (figures["unique_visitors"], figures["total_pageviews"]) == (1, 4)
    assert figures["views_per_session"] == 4
    steps = "page:/right/0,page:/right/1,page:/right/2"
    found = answer(mallard, f"/api/stats/sequences?site_id={SITE}&period=day&steps={steps}")
    assert found["converting_visitors"] == 1


@GOES_ON
@WRONG_BY
def test_no_limit_lasts_longer(
    start: Callable[..., Mallard], clock: Clock, wrong_by: timedelta, goes_on
) -> None:
    mallard = start()
    clock.now += wrong_by
    assert send(mallard, "/", "a.example") == 202
    mallard = goes_on(mallard, start)
    clock.now -= wrong_by
    assert send(mallard, "/", "b.example") == 202
    clock.move(hours=1)
    assert [send(mallard, "/", f"{n}.example") for n in range(2)] == [202, 202]
    assert [send(mallard, "/", "a.example") for _ in range(9)] == [202] * 9


@WRONG_BY
def test_a_rate_is_the_same_before_and_after(
    mallard: Mallard, clock: Clock, wrong_by: timedelta
) -> None:
    assert [send(mallard, "/") for _ in range(11)] == [202] * 10 + [429]
    clock.now += wrong_by
    assert send(mallard, "/") == 429
    clock.move(seconds=1)
    assert [send(mallard, "/") for _ in range(11)] == [202] * 10 + [429]
    clock.now -= wrong_by
    clock.move(seconds=1)
    assert [send(mallard, "/") for _ in range(11)] == [202] * 10 + [429]


@GOES_ON
@pytest.mark.parametrize("days", [3, 40])
def test_figures_are_those_of_the_events_when_upkeep_saw_the_wrong_day(
    start: Callable[..., Mallard], clock: Clock, days: int, goes_on
) -> None:
    """Days that were worked out as being over go on."""
    mallard = start()
    assert [send(mallard, f"/{n}", visitor=n) for n in (1, 2)] == [202, 202]
    clock.set(days=days)
    assert [send(mallard, f"/wrong/{n}", visitor=n) for n in (1, 2)] == [202, 202]
    assert mallard.flusher.flush()
    mallard.store.roll()
    assert list(mallard.upkeep.finish())[-1] == 0
    mallard = goes_on(mallard, start)
    clock.set(days=-days)
    assert [send(mallard, f"/{n}", visitor=n) for n in (1, 3)] == [202, 202]
    assert list(mallard.upkeep.finish())[-1] == 0
    assert send(mallard, "/1", visitor=4) == 202
    figures = answer(mallard, f"/api/stats/main?site_id={SITE}&period=day")
    assert (figures["unique_visitors"], figures["total_pageviews"]) == (4, 5)
    pages = answer(mallard, f"/api/stats/breakdown/pages?site_id={SITE}&period=7d")
    assert {row["value"]: row["visitors"] for row in pages if "wrong" not in row["value"]} == {
        "/1": 2,
        "/2": 1,
        "/3": 1,
    }


def test_who_came_at_a_wrong_time_is_not_here_now(mallard: Mallard, clock: Clock) -> None:
    clock.set(hours=2)
    assert send(mallard, "/wrong") == 202
    clock.set(hours=-2)
    assert send(mallard, "/right", visitor=2) == 202
    now = answer(mallard, f"/api/stats/realtime?site_id={SITE}")
    assert now["current_visitors"] == 1
    assert [page["value"] for page in now["pages"]] == ["/right"]


@WRONG_BY
def test_a_wrong_clock_signs_nobody_in_or_out(
    start: Callable[..., Mallard], clock: Clock, wrong_by: timedelta
) -> None:
    sessions = start(session_ttl_secs=3600).access.sessions
    token = sessions.open()
    clock.now += wrong_by
    assert sessions.is_open(token)
    clock.move(hours=1)
    assert not sessions.is_open(token)


@WRONG_BY
def test_a_lockout_lasts_as_long_as_it_should(
    start: Callable[..., Mallard], clock: Clock, wrong_by: timedelta
) -> None:
    lockout = start(max_login_attempts=1, login_lockout_secs=300).access.lockout

    def guess() -> None:
        with lockout.attempt("203.0.113.9"):
            raise WrongPassword

    clock.now += wrong_by
    with pytest.raises(WrongPassword):
        guess()
    clock.now -= wrong_by
    with pytest.raises(LockedOut) as refusal:
        guess()
    assert refusal.value.retry_after_secs == 300
    clock.move(seconds=300)
    with pytest.raises(WrongPassword):
        guess()
