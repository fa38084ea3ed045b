"""Periods: the bar, the menu, the arrows, and how a period is cut into buckets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from werkzeug.test import Client

from mallard.model import Period
from mallard.web.dashboard.page_url import PageUrl
from mallard.web.dashboard.periods import bucket_days, earlier, intervals, later, usual_interval
from tests.conftest import NOON, Clock, Shared
from tests.web.reading import Element, page_of

pytestmark = pytest.mark.thorough

Visit = Callable[..., None]
SITE = "/?site_id=example.com"
TODAY = NOON.date()
TOMORROW = TODAY + timedelta(days=1)


def days(start: str, end: str) -> str:
    """The arguments of the days from `start` to before `end`."""
    return f"start_date={start}&end_date={end}"


@pytest.fixture(scope="module")
def page(shared: Shared) -> Callable[[str], Element]:
    """A page of a site with a visit, by its arguments."""
    shared.visit("/")
    return lambda query: page_of(shared.client, f"{SITE}&{query}")


def arrow(page: Element, name: str) -> str | None:
    """Where the arrow leads; None when there is none."""
    found = page.all("a", id=name)
    return found[0]["href"].removeprefix(f"{SITE}&") if found else None


def test_the_usual_period_is_thirty_days(page: Callable[[str], Element]) -> None:
    usual = page("")
    assert usual.by_id("period-30d")["aria-current"] == "true"
    assert usual.by_id("period-7d")["href"] == f"{SITE}&period=7d"
    assert "aria-current" not in usual.by_id("period-7d").attributes
    assert usual.one("h1").text == "example.com, 17 Feb to 18 Mar 2026"


def test_day_and_today_are_the_same_choice(page: Callable[[str], Element]) -> None:
    for name in ("day", "today"):
        chosen = page(f"period={name}").one("nav", class_="periods").all("a")
        current = [a["id"] for a in chosen if a.attributes.get("aria-current")]
        assert current == ["period-today"]


@pytest.mark.parametrize(
    ("name", "leads_to"),
    [
        ("yesterday", "period=yesterday"),
        ("month", "period=month"),
        ("last-month", "period=last_month"),
        ("year", "period=year"),
        ("last-year", "period=last_year"),
        ("all", "period=all"),
        ("12-months", days("2025-04-01", "2026-03-19")),
    ],
)
def test_the_menu_holds_the_periods_of_the_calendar(
    page: Callable[[str], Element], name: str, leads_to: str
) -> None:
    assert page("period=7d").by_id(f"period-{name}")["href"] == f"{SITE}&{leads_to}"
    chosen = page(leads_to)
    assert chosen.by_id(f"period-{name}")["aria-current"] == "true"
    assert chosen.by_id("period-range")["aria-current"] == "true"


def test_a_period_link_keeps_everything_but_the_width_of_buckets(
    page: Callable[[str], Element],
) -> None:
    kept = "compare=year&metric=sessions&filter=page==/x&tab=hostnames"
    found = page(f"period=7d&interval=hour&{kept}").links
    assert f"{SITE}&period=90d&{kept}" in found


@pytest.mark.parametrize(
    ("asked", "before", "after"),
    [
        ("period=today", days("2026-03-17", "2026-03-18"), None),
        ("period=7d", days("2026-03-05", "2026-03-12"), None),
        ("period=30d", days("2026-01-18", "2026-02-17"), None),
        (days("2026-03-17", "2026-03-18"), days("2026-03-16", "2026-03-17"), "period=today"),
        (days("2026-03-05", "2026-03-12"), days("2026-02-26", "2026-03-05"), "period=7d"),
        (
            days("2026-03-02", "2026-03-12"),
            days("2026-02-20", "2026-03-02"),
            "period=7d",
        ),
        (days("2026-02-01", "2026-03-01"), days("2026-01-01", "2026-02-01"), None),
        (days("2026-03-01", "2026-03-19"), days("2026-02-01", "2026-03-01"), None),
        (
            days("2026-01-01", "2026-02-01"),
            days("2025-12-01", "2026-01-01"),
            days("2026-02-01", "2026-03-01"),
        ),
        (
            days("2025-01-01", "2026-01-01"),
            days("2024-01-01", "2025-01-01"),
            days("2026-01-01", "2026-03-19"),
        ),
        (
            days("2024-02-01", "2024-03-01"),
            days("2024-01-01", "2024-02-01"),
            days("2024-03-01", "2024-04-01"),
        ),
        (
            days("2025-07-01", "2025-10-01"),
            days("2025-04-01", "2025-07-01"),
            days("2025-10-01", "2026-01-01"),
        ),
        (days("2026-01-01", "2026-03-19"), days("2025-10-01", "2026-01-01"), None),
    ],
)
def test_arrows_step_by_whole_months_or_by_as_many_days(
    page: Callable[[str], Element], asked: str, before: str, after: str | None
) -> None:
    shown = page(asked)
    assert arrow(shown, "earlier") == before
    if after is not None or asked.startswith("period"):
        assert arrow(shown, "later") == after


def test_months_and_years_of_the_calendar_step_by_themselves(
    page: Callable[[str], Element],
) -> None:
    assert arrow(page("period=last_month"), "earlier") == days("2026-01-01", "2026-02-01")
    assert arrow(page("period=month"), "earlier") == days("2026-02-01", "2026-03-01")
    assert arrow(page("period=year"), "earlier") == days("2025-01-01", "2026-01-01")
    assert arrow(page("period=yesterday"), "later") == "period=today"
    assert arrow(page("period=all"), "earlier") is None


def test_all_time_begins_on_the_day_of_the_first_event(client: Client, visit: Visit) -> None:
    visit("/", at=NOON - timedelta(days=40))
    visit("/", visitor=2, at=NOON)
    page = page_of(client, f"{SITE}&period=all&compare=previous")
    assert page.one("h1").text == "example.com, 6 Feb to 18 Mar 2026"
    assert page.by_id("period-all")["aria-current"] == "true"
    assert page.by_id("metric-visitors").text == "Unique visitors 2"
    visit("/", site="other.org")
    assert "6 Feb to 18 Mar" in page_of(client, "/?period=all").one("h1").text
    asked = "/api/stats/timeseries?site_id=example.com&period=all"
    rows = client.get(asked).json or []
    assert len(rows) == 41 and rows[0] == {"date": "2026-02-06", "visitors": 1, "pageviews": 1}


def stepped(first: str, end: str, today: date = TODAY) -> tuple[PageUrl | None, PageUrl | None]:
    """Where the arrows of a period lead, without a page around them."""
    url = PageUrl("example.com", (("start_date", first), ("end_date", end)))
    period = Period(date.fromisoformat(first), date.fromisoformat(end))
    return earlier(url, period, today), later(url, period, today)


def test_a_month_that_is_as_long_as_a_named_period_stays_a_month() -> None:
    _, after = stepped("2026-02-01", "2026-03-01", today=date(2026, 3, 7))
    assert after is not None
    assert after.when == (("start_date", "2026-03-01"), ("end_date", "2026-03-08"))


def test_a_year_and_a_day_steps_by_its_days() -> None:
    before, _ = stepped("2025-02-01", "2026-02-02", today=date(2026, 2, 1))
    assert before is not None
    assert before.when == (("start_date", "2024-02-01"), ("end_date", "2025-02-01"))


def test_what_is_all_to_come_steps_back_by_its_days() -> None:
    before, after = stepped("2027-05-10", "2027-05-20")
    assert before is not None and after is None
    assert before.when == (("start_date", "2027-04-30"), ("end_date", "2027-05-10"))


def test_no_days_have_none_beside_them() -> None:
    assert stepped("2026-03-01", "2026-03-01") == (None, None)
    assert stepped("0001-01-01", "0001-01-01") == (None, None)


@pytest.mark.parametrize(
    ("first", "end"),
    [
        ("0001-01-01", "0001-01-01"),
        ("0001-01-01", "0001-01-02"),
        ("0001-01-01", "0001-02-01"),
        ("0001-01-05", "0002-01-01"),
        ("9998-12-31", "9999-12-31"),
        ("9999-12-01", "9999-12-31"),
        ("9999-12-31", "9999-12-31"),
    ],
)
def test_the_calendar_has_two_ends_and_no_page_breaks_at_them(
    page: Callable[[str], Element], client: Client, first: str, end: str
) -> None:
    query = days(first, end)
    shown = page(query)
    for name in ("earlier", "later"):
        if there := arrow(shown, name):
            page(there)
    page(f"{query}&interval=month")
    page_of(client, f"/details/pages?site_id=example.com&{query}")
    page_of(client, f"/?{query}")
    for choice in ("previous", "year"):
        compared = client.get(f"{SITE}&{query}&compare={choice}")
        assert compared.status_code == 200 or "compare: no such days" in compared.text


@pytest.mark.parametrize(
    ("first", "end"),
    [
        ("2026-02-01", "2026-03-01"),
        ("2026-01-01", "2026-03-01"),
        ("2025-12-01", "2026-01-01"),
        ("2025-03-01", "2026-03-01"),
        ("2026-02-10", "2026-02-11"),
        ("2026-02-10", "2026-02-24"),
        ("2025-01-31", "2026-01-31"),
    ],
)
def test_arrows_go_there_and_back(first: str, end: str) -> None:
    before, _ = stepped(first, end)
    assert before is not None
    fields = dict(before.when)
    _, back = stepped(fields["start_date"], fields["end_date"])
    assert back is not None
    assert dict(back.when) == {"start_date": first, "end_date": end}


@pytest.mark.parametrize(
    ("length", "usual", "offered"),
    [
        (0, "hour", ["hour"]),
        (1, "hour", ["hour"]),
        (2, "day", ["hour", "day"]),
        (7, "day", ["hour", "day"]),
        (14, "day", ["hour", "day", "week"]),
        (30, "day", ["day", "week"]),
        (90, "day", ["day", "week", "month"]),
        (101, "week", ["day", "week", "month"]),
        (366, "week", ["day", "week", "month"]),
    ],
)
def test_buckets_suit_the_length_of_the_period(length: int, usual: str, offered: list[str]) -> None:
    period = Period(TOMORROW - timedelta(days=length), TOMORROW)
    assert usual_interval(period) == usual
    choices = intervals(PageUrl("example.com"), period, usual)
    assert [choice.name for choice in choices] == offered
    assert [choice.name for choice in choices if choice.is_chosen] == [usual]


def test_an_interval_that_is_chosen_is_offered_whether_it_suits_or_not(
    page: Callable[[str], Element],
) -> None:
    choices = page("period=7d&interval=month").one("nav", **{"aria-label": "Interval"})
    assert [a.text for a in choices.all("a")] == ["Hour", "Day", "Month"]
    assert choices.one("a", **{"aria-current": "true"}).text == "Month"
    assert f"{SITE}&period=7d&interval=day" in choices.links


def test_a_bucket_has_only_days_of_the_period() -> None:
    period = Period(date(2026, 1, 15), date(2026, 3, 19))
    first_week = bucket_days("2026-01-12", "week", period)
    assert first_week == (date(2026, 1, 15), date(2026, 1, 18))
    assert bucket_days("2026-02", "month", period) == (date(2026, 2, 1), date(2026, 2, 28))
    assert bucket_days("2026-03", "month", period) == (date(2026, 3, 1), TODAY)
    hour = bucket_days("2026-02-01 13:00", "hour", period)
    assert hour == (date(2026, 2, 1), date(2026, 2, 1))


def test_a_page_that_stays_open_over_midnight_shows_the_new_day(
    client: Client, visit: Visit, clock: Clock
) -> None:
    visit("/")
    today = f"{SITE}&period=today"
    assert page_of(client, today).one("h1").text == "example.com, Wed 18 Mar 2026"
    clock.move(hours=12)
    assert page_of(client, today).one("h1").text == "example.com, Thu 19 Mar 2026"
