"""The demo: its invented traffic, and what the real pipeline makes of it."""

from __future__ import annotations

import json
import tracemalloc
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from statistics import mean, median

import duckdb
import pytest

from mallard.demo import fill
from mallard.demo.places import PLACES, locate
from mallard.demo.traffic import SITES, Hit, apportion, hits
from mallard.ingest.bots import classify
from mallard.ingest.place_records import Location
from mallard.model import PAGEVIEW, SESSION_GAP

pytestmark = pytest.mark.thorough

UNTIL = datetime(2026, 6, 28, 23, 30, tzinfo=UTC)
DAYS = 42
EVENTS = 40_000
DOMAINS = [site.domain for site in SITES]


@pytest.fixture(scope="module")
def traffic() -> list[Hit]:
    return list(hits(1, EVENTS, DAYS, UNTIL))


def of_site(traffic: Iterable[Hit], domain: str) -> list[Hit]:
    return [hit for hit in traffic if hit.body["d"] == domain]


def per_day(traffic: Iterable[Hit]) -> Counter[date]:
    return Counter(hit.at.date() for hit in traffic)


def page(hit: Hit) -> str:
    return str(hit.body["u"]).partition("?")[0].partition(".example")[2]


def is_landing(hit: Hit) -> bool:
    return not str(hit.body.get("r")).startswith(f"https://{hit.body['d']}/")


def people(traffic: Iterable[Hit], event: str, pathname: str | None = None) -> int:
    return len(
        {
            (hit.address, hit.user_agent)
            for hit in traffic
            if hit.body["n"] == event and pathname in (None, page(hit))
        }
    )


def sessions(traffic: Iterable[Hit]) -> list[list[Hit]]:
    """The hits of each visitor of a day, split where more than half an hour passes."""
    by_visitor: dict[tuple[str, str, date], list[list[Hit]]] = {}
    for hit in traffic:
        found = by_visitor.setdefault((hit.address, hit.user_agent, hit.at.date()), [])
        if not found or hit.at - found[-1][-1].at > SESSION_GAP:
            found.append([])
        found[-1].append(hit)
    return [session for found in by_visitor.values() for session in found]


def test_the_same_seed_gives_the_same_hits(traffic: list[Hit]) -> None:
    assert list(hits(1, EVENTS, DAYS, UNTIL)) == traffic


def test_the_time_zone_in_which_the_end_is_given_makes_no_difference() -> None:
    elsewhere = UNTIL.astimezone(timezone(timedelta(hours=9)))
    assert list(hits(1, 500, 5, elsewhere)) == list(hits(1, 500, 5, UNTIL))


def test_another_seed_gives_other_hits() -> None:
    first, second = (list(hits(seed, 500, 5, UNTIL)) for seed in (1, 2))
    assert {hit.address for hit in first} != {hit.address for hit in second}
    assert [hit.at for hit in first] != [hit.at for hit in second]


@pytest.mark.parametrize(("events", "days"), [(1, 1), (1, 400), (777, 3), (5_000, 90)])
def test_there_are_exactly_as_many_hits_as_asked_for(events: int, days: int) -> None:
    assert sum(1 for _ in hits(3, events, days, UNTIL)) == events


def test_every_hit_is_later_than_the_one_before(traffic: list[Hit]) -> None:
    assert all(earlier.at < later.at for earlier, later in pairwise(traffic))


@pytest.mark.parametrize("minutes", [1, 59, 61, 700])
def test_no_hit_is_later_than_the_end(minutes: int) -> None:
    until = datetime(2026, 6, 28, tzinfo=UTC) + timedelta(minutes=minutes)
    assert max(hit.at for hit in hits(1, 3_000, 3, until)) < until


@pytest.mark.parametrize("domain", DOMAINS)
def test_both_sites_have_visits_on_every_day(traffic: list[Hit], domain: str) -> None:
    days = {UNTIL.date() - timedelta(days=n) for n in range(DAYS)}
    assert set(per_day(of_site(traffic, domain))) == days


@pytest.mark.parametrize("domain", DOMAINS)
def test_weekends_are_quieter_than_working_days(traffic: list[Hit], domain: str) -> None:
    weekend: list[int] = []
    working: list[int] = []
    for day, count in per_day(of_site(traffic, domain)).items():
        (weekend if day.weekday() >= 5 else working).append(count)
    assert median(weekend) < 0.92 * median(working)


@pytest.mark.parametrize("domain", DOMAINS)
def test_nights_are_quieter_than_days(traffic: list[Hit], domain: str) -> None:
    hours = Counter(hit.at.hour for hit in of_site(traffic, domain))
    assert mean(hours[hour] for hour in (1, 2, 3)) < 0.3 * mean(
        hours[hour] for hour in (13, 14, 19)
    )


def test_traffic_grows(traffic: list[Hit]) -> None:
    days = [count for _, count in sorted(per_day(traffic).items())]
    assert median(days[-14:]) > 1.1 * median(days[:14])


def test_one_day_in_the_news_stands_out(traffic: list[Hit]) -> None:
    acme = of_site(traffic, "acme.example")
    counts = per_day(acme)
    [(busiest, most)] = counts.most_common(1)
    landings = Counter(
        hit.body.get("r") for hit in acme if hit.at.date() == busiest and is_landing(hit)
    )
    assert most > 2.5 * median(counts.values())
    assert landings.most_common(1)[0][0] == "https://news.ycombinator.com/"


def test_one_working_day_is_a_holiday(traffic: list[Hit]) -> None:
    counts = per_day(of_site(traffic, "acme.example"))
    working = [count for day, count in counts.items() if day.weekday() < 5]
    assert min(working) < 0.6 * median(working)


def test_the_funnel_narrows_from_step_to_step(traffic: list[Hit]) -> None:
    acme = of_site(traffic, "acme.example")
    pricing, signup_page = people(acme, PAGEVIEW, "/pricing"), people(acme, PAGEVIEW, "/signup")
    signups, purchases = people(acme, "signup"), people(acme, "purchase")
    assert pricing > 1.5 * signup_page
    assert signup_page > 1.5 * signups
    assert signups > 1.5 * purchases > 0


def test_purchases_carry_revenue_in_two_currencies_and_a_plan(traffic: list[Hit]) -> None:
    purchases = [hit.body for hit in traffic if hit.body["n"] == "purchase"]
    assert {body["rc"] for body in purchases} == {"EUR", "USD"}
    assert all(body["ra"] > 0 and json.loads(body["p"])["plan"] for body in purchases)


def test_every_custom_event_of_the_demo_occurs(traffic: list[Hit]) -> None:
    assert {hit.body["n"] for hit in traffic} == {
        PAGEVIEW,
        "signup",
        "purchase",
        "download",
        "outbound_link",
        "newsletter",
    }


@pytest.mark.parametrize("domain", DOMAINS)
def test_nearly_half_of_the_sessions_are_bounces(traffic: list[Hit], domain: str) -> None:
    found = sessions(of_site(traffic, domain))
    bounces = sum(sum(hit.body["n"] == PAGEVIEW for hit in session) == 1 for session in found)
    assert 0.40 < bounces / len(found) < 0.50


def test_some_visitors_come_again_the_same_day_and_some_on_another(traffic: list[Hit]) -> None:
    found = sessions(of_site(traffic, "acme.example"))
    by_day = {(s[0].address, s[0].user_agent, s[0].at.date()) for s in found}
    ever = {(address, agent) for address, agent, _ in by_day}
    assert len(ever) < 0.95 * len(by_day) < 0.95 * 0.97 * len(found)


def test_every_body_is_json_within_the_limits(traffic: list[Hit]) -> None:
    limits = {"d": 256, "n": 256, "u": 2048, "r": 2048, "p": 4096}
    for hit in traffic:
        body = json.loads(json.dumps(hit.body, allow_nan=False))
        assert body.keys() <= {"d", "n", "u", "r", "w", "p", "ra", "rc"}
        assert body["u"].startswith(f"https://{body['d']}/")
        assert all(0 < len(body[key]) <= limits[key] for key in limits.keys() & body.keys())
        assert isinstance(json.loads(body.get("p", "{}")), dict)


def test_campaigns_tag_the_landing_pages_of_some_visits(traffic: list[Hit]) -> None:
    tagged = [hit for hit in traffic if "utm_" in hit.body["u"]]
    assert len(tagged) > 0.02 * len(traffic)
    assert all(is_landing(hit) for hit in tagged)
    assert sum("utm_campaign=" in hit.body["u"] for hit in tagged) > len(tagged) / 3


def test_the_browsers_are_those_of_people_on_every_device(traffic: list[Hit]) -> None:
    assert not [agent for agent in {hit.user_agent for hit in traffic} if classify(agent)]
    widths = Counter(min(hit.body["w"] // 256, 4) for hit in traffic)
    assert widths[4] > widths[1] > widths[3] > 0


def test_addresses_of_both_families_lead_back_to_a_country(traffic: list[Hit]) -> None:
    addresses = {hit.address for hit in traffic}
    countries = Counter(locate(address).country_code for address in addresses)
    assert countries.most_common(1)[0][0] == "US"
    assert len(countries) >= 15
    assert None not in countries
    assert {":" in address for address in addresses} == {True, False}


@pytest.mark.parametrize(
    "address", ["192.0.2.1", "198.17.255.255", "198.19.255.255", "2001:db9::1"]
)
def test_an_address_that_the_demo_did_not_give_out_is_nowhere(address: str) -> None:
    assert locate(address) == Location()


def test_no_two_places_share_an_address() -> None:
    assert len(PLACES) <= 64
    assert len({place.location for place in PLACES}) == len(PLACES)


def test_hits_are_invented_as_they_are_asked_for() -> None:
    tracemalloc.start()
    try:
        for _ in hits(1, 20_000, 90, UNTIL):
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000


def test_shares_are_rounded_so_that_they_add_up() -> None:
    assert apportion(10, [1.0, 1.0, 1.0]) == [4, 3, 3]
    assert apportion(2, [0.0, 0.6, 0.4]) == [0, 1, 1]


def test_a_filled_directory_holds_every_event_of_both_sites(tmp_path: Path) -> None:
    added: list[int] = []
    fill(tmp_path, 2_000, 3, 1, added.append, UNTIL)
    assert sum(added) == 2_000

    tree = str(tmp_path / "events" / "*" / "*" / "*.parquet")
    rows = duckdb.execute(
        """
        select
            site_id,
            count(*),
            count(distinct visitor_id),
            count(*) filter (where event_name = 'pageview'),
            count(distinct country_code),
            count(distinct browser),
            count(distinct referrer_source),
            min(timestamp)
        from read_parquet(?)
        group by site_id
        order by site_id
        """,
        [tree],
    ).fetchall()
    expected = list(hits(1, 2_000, 3, UNTIL))
    assert [row[:2] for row in rows] == [
        (domain, len(of_site(expected, domain))) for domain in sorted(DOMAINS)
    ]
    assert all(figure > 1 for row in rows for figure in row[2:7])
    assert rows[0][7] == of_site(expected, "acme.example")[0].at.replace(tzinfo=None)
