"""Random small histories that visit the edges: gaps of 30:00, midnights, missing values."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from mallard.model import Event, Period, microseconds
from mallard.reports.filters import Filter, parse_filter
from mallard.reports.goal import Goal
from mallard.reports.parameters import INTERVALS
from mallard.reports.query import ReportQuery

FIRST_DAY = date(2026, 3, 14)
DAYS = 5
SECOND_US = 1_000_000
HALF_AN_HOUR_US = 1800 * SECOND_US
GAPS_US = (
    1,
    SECOND_US,
    90 * SECOND_US,
    HALF_AN_HOUR_US - 1,
    HALF_AN_HOUR_US,
    HALF_AN_HOUR_US + 1,
    7 * 3600 * SECOND_US,
)
PAGES = ("/", "/a*b", "/a", "/A", "/b|c", "/ä", "/%C3%A4", "/b%7Cc", "/a%20%FF", "/long/path")
VALUES = (None, "Google", "google", "news", "a|b", "ß", "(none)")
AMOUNTS = (None, None, None, "0.00", "0.01", "49.90", "-49.90", "9999999999.99")
CURRENCIES = (None, "EUR", "USD")
MEDIUMS = (None, None, "email", "CPC", "social")
COUNTRIES = (None, "DE", "US")
CITIES = (None, "Aden", "Berlin", "(unknown)")
PROPS = (
    None,
    None,
    '{"plan":"pro"}',
    '{"plan":"free","n":5}',
    '{"plan":["pro","free","pro"],"n":[5,0.5]}',
    '{"a/b":"x","plan":null}',
    '{"plan":"","n":true,"":"nameless"}',
    '{"plan":[],"a/b":[null,""]}',
    '{"plan":"(unknown)","n":-5}',
    '{"plan":"[\\"pro\\"]","n":"5"}',
    '{"plan":{"is":["pro"],"ä|b":1},"n":[[5],{"of":false},"5"]}',
    '{"it\'s \\"so\\", a.b|c~d [0]":["ünï | ☃","%7C"],"$":0}',
    "{}",
)
KEYS = ("plan", "n", "a/b", "$", 'it\'s "so", a.b|c~d [0]', "none")
"""Properties that they have, or that nobody has."""
FILTERS = (
    "page==/a",
    "page!=/|/a",
    "page~=A",
    "page==/b%7Cc",
    "page==/b%257Cc",
    "page==/%c3%a4|/%41",
    "page!=/ä",
    "page~=%C3%84",
    "page!~A",
    "page~*/A*|/long*h",
    "page~*/%c3%84|/a%2Ab",
    "page!*/*a*",
    "hostname==(unknown)",
    "hostname!~EXAMPLE",
    "hostname~**.com",
    "event==pageview",
    "event!=pageview",
    "prop:plan==pro",
    "prop:plan==(unknown)",
    "prop:plan!=pro",
    "prop:n==5",
    "prop:n!=5|true",
    "prop:n~=5",
    "prop:plan==free|(unknown)",
    "prop:plan!=(unknown)",
    "prop:plan~=pro",
    "prop:plan~=unknown",
    'prop:plan==["pro"]',
    'prop:plan=={"is":["pro"],"ä%7Cb":1}',
    'prop:it\'s "so", a.b|c~d [0]==ünï %7C ☃',
    'prop:it\'s "so", a.b|c~d [0]==%257C',
    "prop:$==0",
    "prop:a/b~=X",
    "prop:plan!~R",
    "prop:plan~*p*o",
    "prop:n!*5*",
    "event~*SIGN*",
    "event!~pageview",
    "source==Google",
    "source!=Google|google",
    "source==(unknown)",
    "source!=(unknown)",
    "source~=GOO",
    "source!~goo|b",
    "source~*G*|(non?)",
    "source!**o*",
    "country~*d*",
    "utm_campaign==a%7Cb|news",
    "channel==Direct|Email",
    "channel!=Organic Search",
    "channel~=SO",
    "channel!~SO",
    "channel~**e*il|d*",
    "channel!*d*",
    "channel==(unknown)",
    "country==DE|(unknown)",
    "country==US",
    "city==Berlin",
    "city!=(unknown)",
    "region~=A",
    "device==mobile",
    "entry_page==/",
    "entry_page==(unknown)",
    "exit_page!=/a",
    "exit_page~=long",
    "exit_page!~long",
    "entry_page~*/a*",
    "exit_page!*/*/*",
    "entry_page==/%C3%A4",
)
ON_PEOPLE = (
    "did==event:signup",
    "did!=event:signup",
    "did==event:signup|goal:below",
    "did!=event:pageview|goal:a star",
    "did==goal:below",
    "did!=goal:spelt|goal:below",
    "did==goal:as a pro",
    "did!=goal:as a pro",
    "did==goal:paid",
    "did!=goal:paid|goal:below",
    "did==event:nothing",
    "visitor_type==new",
    "visitor_type!=new",
    "visitor_type==returning",
    "visitor_type==new|returning",
    "visitor_type!=new|returning",
)
GOALS = (
    Goal("as a pro", event="signup", props=(("plan", "pro"),)),
    Goal("below", page="/*a*"),
    Goal("spelt", page="/%C3%A4"),
    Goal("a star", page="/a%2Ab"),
    Goal("paid", event="signup", money=True),
)


def site(rng: random.Random, site_id: str) -> list[Event]:
    """The events of a site's visitors, none or many, over a few days."""
    count = rng.choice((0, 1, 5, 30, 120))
    return [event for n in range(count) for event in visitor(rng, site_id, f"v{n}")]


def visitor(rng: random.Random, site_id: str, visitor_id: str) -> list[Event]:
    at = microseconds(datetime.combine(FIRST_DAY, datetime.min.time(), UTC))
    at += rng.choice(
        (
            rng.randrange(DAYS * 86_400 * SECOND_US),
            rng.randint(1, DAYS) * 86_400 * SECOND_US - rng.choice((1, 60 * SECOND_US)),
        )
    )
    events = []
    for _ in range(rng.randint(1, 9)):
        events.append(one(rng, site_id, visitor_id, at))
        at += rng.choice(GAPS_US)
    return events


def tireless_visitor(rng: random.Random, site_id: str, events: int) -> list[Event]:
    """Thousands of events of one visitor, seconds apart."""
    at = microseconds(datetime.combine(FIRST_DAY, datetime.min.time(), UTC))
    found = []
    for _ in range(events):
        at += rng.choice((1, SECOND_US, 90 * SECOND_US))
        found.append(one(rng, site_id, "tireless", at))
    return found


def one(rng: random.Random, site_id: str, visitor_id: str, at: int) -> Event:
    return Event(
        site_id=site_id,
        visitor_id=visitor_id,
        event_name=rng.choice(("pageview", "pageview", "signup", "ünï ☃")),
        pathname=rng.choice(PAGES),
        timestamp=at,
        hostname=rng.choice((None, "example.com")),
        referrer_source=rng.choice(VALUES),
        utm_medium=rng.choice(MEDIUMS),
        utm_campaign=rng.choice(VALUES),
        device_type=rng.choice((None, "mobile", "desktop")),
        country_code=rng.choice(COUNTRIES),
        region=rng.choice(CITIES),
        city=rng.choice(CITIES),
        props=rng.choice(PROPS),
        revenue_amount=rng.choice(AMOUNTS),
        revenue_currency=rng.choice(CURRENCIES),
    )


def question(rng: random.Random, site_id: str) -> ReportQuery:
    """Some days, some filters."""
    start = FIRST_DAY + timedelta(days=rng.randint(-1, DAYS))
    return ReportQuery(
        site_id=site_id,
        period=Period(start, start + timedelta(days=rng.randint(0, DAYS + 1))),
        interval=rng.choice(INTERVALS),
        limit=rng.choice((1, 3, 10)),
        filters=filters(rng),
    )


def filters(rng: random.Random) -> tuple[Filter, ...]:
    texts = rng.sample(FILTERS, rng.choice((0, 0, 1, 1, 2, 3)))
    if rng.random() < 0.15:
        texts += rng.sample(ON_PEOPLE, 1)
    return tuple(map(parsed, texts))


def parsed(text: str) -> Filter:
    return replace(parse_filter(text), goals=GOALS)
