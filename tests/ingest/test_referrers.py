from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mallard.ingest.referrers import SOURCES, Referrer, named_source, parse_referrer

ONE_SOURCE = {
    "ChatGPT": ("chatgpt.com", "ChatGPT", "chatgpt", "www.chatgpt.com", "com.openai.chatgpt"),
    "Facebook": ("fb", "FB", "facebook", "facebook.com", "m.facebook.com", " Facebook "),
    "Google": ("google", "GOOGLE", "google.de", "www.google.co.uk", "adwords"),
    "Instagram": ("ig", "instagram", "l.instagram.com"),
    "Twitter": ("x", "twitter", "t.co", "x.com"),
    "Hacker News": ("hn", "hackernews", "Hacker News", "news.ycombinator.com"),
}


@pytest.mark.parametrize(
    ("name", "source"), [(name, source) for source, names in ONE_SOURCE.items() for name in names]
)
def test_a_campaign_and_a_referrer_name_one_source(name: str, source: str) -> None:
    assert named_source(name) == source


@pytest.mark.parametrize("name", ["News letter", "notgoogle", "google.example.com", "fbx", "X-mas"])
def test_what_nobody_knows_is_its_own_name(name: str) -> None:
    assert named_source(name) == name


@pytest.mark.parametrize("host", ["bücher.example", "BÜCHER.example", "xn--bcher-kva.example"])
def test_a_host_beyond_ascii_is_one_source_whoever_names_it(host: str) -> None:
    assert named_source(host) == source_of(f"https://{host}/a") == "xn--bcher-kva.example"


@pytest.mark.parametrize("name", ["Frühling", "été 2026", "Bücher. Mehr Bücher", "bücher/a.b"])
def test_a_campaigns_name_beyond_ascii_stays_as_it_was_sent(name: str) -> None:
    assert named_source(name) == name


ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=200)


def source_of(referrer: str) -> str | None:
    return parse_referrer(referrer, "docs.example", strip_query=False).source


@pytest.mark.parametrize(
    ("referrer", "source"),
    [
        ("https://www.google.com/", "Google"),
        ("https://google.de/search?q=ducks", "Google"),
        ("https://www.google.cat/", "Google"),
        ("https://ntp.msn.com/", "Bing"),
        ("https://statics.teams.cdn.office.net/", "Microsoft Teams"),
        ("android-app://org.telegram.messenger.web/", "Telegram"),
        ("https://www.google.co.uk/", "Google"),
        ("https://www.google.com.au/", "Google"),
        ("HTTPS://WWW.GOOGLE.COM:443/", "Google"),
        ("https://google.com./", "Google"),
        ("//www.google.com/", "Google"),
        ("https://mail.google.com/mail/u/0/", "Gmail"),
        ("https://news.google.com/", "Google News"),
        ("https://gemini.google.com/app", "Gemini"),
        ("https://www.bing.com/search", "Bing"),
        ("https://cn.bing.com/", "Bing"),
        ("https://copilot.microsoft.com/", "Copilot"),
        ("https://duckduckgo.com/", "DuckDuckGo"),
        ("https://html.duckduckgo.com/", "DuckDuckGo"),
        ("https://yandex.ru/", "Yandex"),
        ("https://yandex.com.tr/", "Yandex"),
        ("https://ya.ru/", "Yandex"),
        ("https://fr.search.yahoo.com/", "Yahoo"),
        ("https://search.yahoo.co.jp/", "Yahoo"),
        ("https://mail.yahoo.com/", "Yahoo Mail"),
        ("https://www.baidu.com/link", "Baidu"),
        ("https://www.ecosia.org/", "Ecosia"),
        ("https://www.qwant.com/", "Qwant"),
        ("https://www.startpage.com/", "Startpage"),
        ("https://search.brave.com/", "Brave Search"),
        ("https://kagi.com/", "Kagi"),
        ("https://t.co/abc", "Twitter"),
        ("https://x.com/", "Twitter"),
        ("https://mobile.twitter.com/", "Twitter"),
        ("https://lnkd.in/abc", "LinkedIn"),
        ("https://www.linkedin.com/feed/", "LinkedIn"),
        ("https://l.facebook.com/", "Facebook"),
        ("https://lm.facebook.com/", "Facebook"),
        ("https://m.facebook.com/", "Facebook"),
        ("https://fb.me/abc", "Facebook"),
        ("https://l.instagram.com/", "Instagram"),
        ("https://youtu.be/abc", "YouTube"),
        ("https://m.youtube.com/", "YouTube"),
        ("https://out.reddit.com/t3_abc", "Reddit"),
        ("https://old.reddit.com/r/ducks", "Reddit"),
        ("https://redd.it/abc", "Reddit"),
        ("https://news.ycombinator.com/item?id=1", "Hacker News"),
        ("https://lobste.rs/", "Lobsters"),
        ("https://de.pinterest.com/", "Pinterest"),
        ("https://www.pinterest.co.uk/", "Pinterest"),
        ("https://go.bsky.app/", "Bluesky"),
        ("https://mastodon.social/@someone", "Mastodon"),
        ("https://chatgpt.com/", "ChatGPT"),
        ("https://chat.openai.com/", "ChatGPT"),
        ("https://www.perplexity.ai/", "Perplexity"),
        ("https://de.wikipedia.org/wiki/Ente", "Wikipedia"),
        ("android-app://com.google.android.gm/", "Gmail"),
        ("android-app://com.google.android.googlequicksearchbox/https/www.google.com", "Google"),
        ("android-app://com.Slack/", "Slack"),
    ],
)
def test_known_sources_carry_their_product_name(referrer: str, source: str) -> None:
    assert source_of(referrer) == source


@pytest.mark.parametrize(
    ("referrer", "source"),
    [
        ("https://blog.other.example/post?id=1", "blog.other.example"),
        ("https://WWW.Other.Example:8080/", "other.example"),
        ("https://user:secret@other.example/", "other.example"),
        ("https://other.example./", "other.example"),
        ("http://192.0.2.7/", "192.0.2.7"),
        ("http://[2001:db8::7]:81/", "2001:db8::7"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("android-app://com.example.reader/", "com.example.reader"),
    ],
)
def test_every_other_host_is_its_own_source(referrer: str, source: str) -> None:
    assert source_of(referrer) == source


@pytest.mark.parametrize(
    "host",
    [
        "notgoogle.example",
        "notgoogle.com",
        "google.notreal.example",
        "google.com.evil.example",
        "google.example",
        "google.com.de",
        "google",
        "xt.co",
        "t.co.example",
        "mynews.ycombinator.com",
        "ycombinator.com",
        "notx.com",
        "netflix.com",
        "com.google.android.gm",
        "fakefacebook.com",
    ],
)
def test_a_name_is_matched_on_whole_labels_only(host: str) -> None:
    assert source_of(f"https://{host}/") == host


@pytest.mark.parametrize(
    ("referrer", "page_host"),
    [
        ("https://docs.example/a", "docs.example"),
        ("https://www.docs.example/a", "docs.example"),
        ("https://docs.example/a", "www.docs.example"),
        ("http://DOCS.example:8080/a", "docs.example"),
        ("https://docs.example/a", "Docs.Example:8080"),
        ("http://[2001:db8::1]:80/", "2001:db8::1"),
        ("https://google.com/", "google.com"),
    ],
)
def test_the_pages_own_host_is_no_referrer(referrer: str, page_host: str) -> None:
    assert parse_referrer(referrer, page_host, strip_query=False) == Referrer(None, None)


def test_another_subdomain_is_a_referrer() -> None:
    found = parse_referrer("https://blog.docs.example/a", "docs.example", strip_query=False)
    assert found.source == "blog.docs.example"


@pytest.mark.parametrize("referrer", [None, "", " ", "\x00\n"])
def test_nothing_is_no_referrer(referrer: str | None) -> None:
    assert parse_referrer(referrer, "docs.example", strip_query=False) == Referrer(None, None)


@pytest.mark.parametrize(
    "referrer", ["https://[::1/", "http://a b/", "https://", "not a url", "about:blank", "/own"]
)
def test_an_unparseable_referrer_is_kept_without_a_source(referrer: str) -> None:
    assert parse_referrer(referrer, "docs.example", strip_query=False) == Referrer(referrer, None)


def test_the_url_stays_as_sent_without_control_characters() -> None:
    found = parse_referrer("https://Other.example/Pa%20th?q=1#f\x00\x1f", "docs.example", False)
    assert found.url == "https://Other.example/Pa%20th?q=1#f"


@pytest.mark.parametrize(
    ("referrer", "url"),
    [
        ("https://other.example/a?q=1#f", "https://other.example/a"),
        ("https://other.example/a#f?q=1", "https://other.example/a"),
        ("https://other.example?q=1", "https://other.example"),
        ("https://me:secret@other.example/a@b?q", "https://other.example/a@b"),
        ("//me@other.example/", "//other.example/"),
        ("https://[::1/a?q=1", "https://[::1/a"),
        ("?q=1", None),
    ],
)
def test_a_stripped_referrer_tells_no_query_and_no_user(referrer: str, url: str | None) -> None:
    assert parse_referrer(referrer, "docs.example", strip_query=True).url == url


def test_stripping_does_not_change_the_source() -> None:
    found = parse_referrer("https://www.google.com/search?q=ducks", "docs.example", True)
    assert found == Referrer("https://www.google.com/search", "Google")


def test_the_names_are_declared_under_bare_lower_case_hosts() -> None:
    assert all(host == host.lower().removeprefix("www.") for host in SOURCES)


@given(ANY_TEXT | ANY_TEXT.map("https://{}".format), ANY_TEXT, st.booleans())
def test_any_text_is_a_clean_referrer(text: str, page_host: str, strip_query: bool) -> None:
    found = parse_referrer(text, page_host, strip_query)
    for value in (found.url, found.source):
        if value is not None:
            assert value
            value.encode("utf-8")
            assert not any(unicodedata.category(character) == "Cc" for character in value)
