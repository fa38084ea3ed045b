"""Channels: known cases, the published table, and the channel of any event."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import timedelta

import duckdb
import pytest

from mallard.model import Event, Period
from mallard.reports.breakdown import breakdown
from mallard.reports.channels import CHANNEL, CHANNELS, RULES, WORDS
from mallard.reports.filters import parse_filter
from mallard.reports.query import ReportQuery
from mallard.reports.totals import totals
from tests.builders import NOON, TODAY, an_event, open_store, store_events
from tests.reports import channel_oracle

Values = tuple[str | None, ...]
DAY = Period(TODAY, TODAY + timedelta(days=1))
FIELDS = ("referrer_source", "utm_source", "utm_medium", "utm_campaign")


KNOWN: list[tuple[Values, str]] = [
    ((), "Direct"),
    (("(direct)", "(direct)", "(none)"), "Direct"),
    (("direct", "direct"), "Direct"),
    ((None, None, "(not set)"), "Direct"),
    ((None, None, None, "spring"), "Direct"),
    (("Google",), "Organic Search"),
    (("DuckDuckGo",), "Organic Search"),
    (("Brave Search",), "Organic Search"),
    (("Google", "google", "organic"), "Organic Search"),
    (("unheard.example", "unheard.example", "organic"), "Organic Search"),
    (("Google", "google", "cpc"), "Paid Search"),
    (("Google", "adwords", "ppc", "brand"), "Paid Search"),
    (("Bing", "bing", "CPC"), "Paid Search"),
    (("spring", "spring", "cpc"), "Paid Search"),
    (("Google", "google", "cpc", "Cross-network"), "Cross-network"),
    (("Google", "google", "cpc", "eu-cross-network-2"), "Cross-network"),
    (("Facebook",), "Organic Social"),
    (("Twitter",), "Organic Social"),
    (("Hacker News",), "Organic Social"),
    (("buffer", "buffer", "social"), "Organic Social"),
    (("unheard.example", None, "Social Media"), "Organic Social"),
    (("news.example", "facebook", "organic"), "Organic Social"),
    (("Facebook", "fb", "cpc"), "Paid Social"),
    (("Instagram", "ig", "paid_social"), "Paid Social"),
    (("LinkedIn", "linkedin", "paid"), "Paid Social"),
    (("buffer", "buffer", "paid-social"), "Paid Social"),
    (("ChatGPT",), "AI"),
    (("ChatGPT", "chatgpt.com"), "AI"),
    (("Perplexity", "perplexity", "referral"), "AI"),
    (("Claude",), "AI"),
    (("Gemini",), "AI"),
    (("gemini.com",), "Referral"),
    (("newsletter", "newsletter", "email"), "Email"),
    (("newsletter", "newsletter"), "Email"),
    (("Gmail",), "Email"),
    (("Twitter", "weekly", "e-mail"), "Email"),
    (("Yahoo Mail", "shop", "Email"), "Email"),
    (("blog.example",), "Referral"),
    (("notgoogle",), "Referral"),
    (("google.evil.example",), "Referral"),
    (("blog.example", "blog", "referral"), "Referral"),
    (("GitHub",), "Referral"),
    ((None, None, "sms"), "Referral"),
    (("partner.example", "partner", "banner"), "Display"),
    (("partner.example", "partner", "cpm"), "Display"),
    (("criteo", "criteo", "retargeting"), "Display"),
    (("YouTube",), "Video"),
    (("YouTube", "youtube", "cpc"), "Video"),
    (("unheard.example", "tv", "connected-video"), "Video"),
    (("amazon.de",), "Shopping"),
    (("amazon.co.uk", None, "cpc"), "Shopping"),
    (("Google", "google", "cpc", "summer-shopping"), "Shopping"),
    (("Google", "google", None, "eshop"), "Shopping"),
    (("Google", "google", "cpc", "workshop"), "Paid Search"),
    (("awin", "awin", "affiliate"), "Affiliates"),
    (("Instagram", "anna", "affiliates"), "Affiliates"),
    (("line\nbreak' or 1=1 --",), "Referral"),
    (("google, bing",), "Referral"),
]


def channels_of(cases: Iterable[Values]) -> list[str]:
    """The channels of referrers' sources and UTM values, as DuckDB has them."""
    with duckdb.connect() as connection:
        columns = ", ".join(f"{name} varchar" for name in FIELDS)
        connection.execute(f"create table events ({columns})")
        rows = [[*values, *[None] * 4][:4] for values in cases]
        connection.executemany("insert into events values (?, ?, ?, ?)", rows)
        return [row[0] for row in connection.execute(f"select {CHANNEL} from events").fetchall()]


def test_known_cases_have_their_channels() -> None:
    found = channels_of(values for values, _ in KNOWN)
    assert [(values, name) for (values, _), name in zip(KNOWN, found, strict=True)] == KNOWN


def test_the_published_table_is_what_reports_go_by() -> None:
    assert channel_oracle.rules() == [tuple(rule) for rule in RULES]
    assert channel_oracle.kinds() == {kind: words.split(", ") for kind, words in WORDS.items()}
    assert {kind for rule in RULES for kind in rule[1:] if kind} == set(WORDS)


def test_any_values_have_the_channel_that_the_published_table_says() -> None:
    rng = random.Random(7)
    names = [name.replace("*", "a ") for words in WORDS.values() for name in words.split(", ")]

    def value() -> str | None:
        return rng.choice((None, None, rng.choice(names), rng.choice(names).upper() + "."))

    cases = [tuple(value() for _ in FIELDS) for _ in range(2000)]
    found = channels_of(cases)
    for values, channel in zip(cases, found, strict=True):
        event = an_event(NOON, "/", **dict(zip(FIELDS, values, strict=True)))
        assert channel == channel_oracle.channel(event), values
    assert set(found) == set(CHANNELS)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Anna came from Google and went on by a letter; Ben came by a letter, Cleo by nothing."""
    events: list[Event] = []

    def event(minute: int, visitor_id: str, **fields: str) -> None:
        at = NOON + timedelta(minutes=minute)
        events.append(an_event(at, "/", visitor_id=visitor_id, **fields))

    event(0, "anna", referrer_source="Google")
    event(1, "anna", utm_medium="email")
    event(2, "ben", utm_medium="email")
    event(3, "cleo")
    store = open_store(tmp_path_factory.mktemp("channels"))
    store_events(store, "b1", events)
    yield store
    store.close()


def test_an_event_counts_for_its_own_channel(store) -> None:
    rows = breakdown(store, ReportQuery("example.com", DAY), "channels")
    assert [(row.value, row.visitors, row.pageviews) for row in rows] == [
        ("Email", 2, 2),
        ("Direct", 1, 1),
        ("Organic Search", 1, 1),
    ]


@pytest.mark.parametrize(
    ("text", "visitors", "views"),
    [
        ("channel==Organic Search", 1, 2),
        ("channel==Email", 1, 1),
        ("channel!=Email", 2, 3),
        ("channel==Email|Direct", 2, 2),
        ("channel~=SEARCH", 1, 2),
        ("channel~=e", 3, 4),
        ("channel==email", 0, 0),
        ("channel==(unknown)", 0, 0),
        ("channel!=(unknown)", 3, 4),
        ("channel~=nowhere", 0, 0),
    ],
)
def test_a_filter_keeps_whole_sessions_by_the_channel_of_their_first_event(
    store, text: str, visitors: int, views: int
) -> None:
    found = totals(store, ReportQuery("example.com", DAY, filters=(parse_filter(text),)))
    assert (found.unique_visitors, found.total_pageviews) == (visitors, views)
