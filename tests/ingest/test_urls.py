from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mallard.ingest.urls import BadUrl, Page, parse_page, plain_text

ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=200)
URL_LIKE = st.builds("".join, st.lists(st.sampled_from([
    "http", "https", "://", "//", ":", "@", "[", "]", "::1", "%", "%00", "%ed%a0%80", "?", "&",
    "=", "#", "+", "utm_source", "utm_term", "ref", "source", "a.example", "8080", ".", "/",
    "\x00", "\ud800", "\t", "\u0085", " ", "\\", "é", "℀",
]), max_size=20))  # fmt: skip


def page_of(url: str) -> Page:
    return parse_page(url, "docs.example")


@pytest.mark.parametrize(
    ("url", "pathname"),
    [
        ("https://a.example/pricing", "/pricing"),
        ("https://a.example", "/"),
        ("https://a.example/", "/"),
        ("https://a.example?x=1", "/"),
        ("https://a.example#top", "/"),
        ("https://a.example/a?b=c#d", "/a"),
        ("https://a.example/a#d?b=c", "/a"),
        ("https://a.example/caf%C3%A9%20au+lait", "/caf%C3%A9%20au+lait"),
        ("https://a.example/café", "/café"),
        ("https://a.example//a//b/", "//a//b/"),
        ("https://a.example/a;v=1", "/a;v=1"),
        ("https://a.example/a\x00b\tc\r\nd\x7fe\u0085f", "/abcdef"),
        ("https://a.example/../a/./b", "/../a/./b"),
        ("  https://a.example/a  ", "/a"),
        ("/pricing", "/pricing"),
        ("pricing", "/pricing"),
        ("?utm_source=x", "/"),
        ("#top", "/"),
        ("app:/screen/one", "/screen/one"),
    ],
)
def test_the_pathname_is_the_path_as_sent(url: str, pathname: str) -> None:
    assert page_of(url).pathname == pathname


@pytest.mark.parametrize(
    ("url", "hostname"),
    [
        ("https://WWW.A.Example/", "www.a.example"),
        ("https://a.example:8443/", "a.example"),
        ("https://a.example:/", "a.example"),
        ("https://user:secret@a.example/", "a.example"),
        ("https://user@host@a.example/", "a.example"),
        ("https://a.example./", "a.example"),
        ("//a.example/x", "a.example"),
        ("http://localhost:3000/", "localhost"),
        ("http://192.0.2.1:80/", "192.0.2.1"),
        ("http://[2001:DB8::1]:80/", "2001:db8::1"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("https://snake_case.example/", "snake_case.example"),
        ("capacitor://localhost/home", "localhost"),
        ("https://a\t.exam\nple/", "a.example"),
        ("/pricing", "docs.example"),
        ("file:///index.html", "docs.example"),
        ("about:blank", "docs.example"),
    ],
)
def test_the_hostname_is_the_bare_host_or_the_site(url: str, hostname: str) -> None:
    assert page_of(url).hostname == hostname


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "\x00",
        "https://",
        "https:///path",
        "https:path",
        "https://?x",
        "https://user@/",
        "https://:443/",
        "https://a.example:port/",
        "https://a.example:-1/",
        "https://a.example:65536/",
        "https://a.example:8080:80/",
        "https://a.example:٣/",
        "https://[::1/",
        "https://[::zz]/",
        "https://[::1]x/",
        "https://[1:2]/",
        "https://::1/",
        "https://a b.example/",
        "https://a%2eexample/",
        "https://<script>/",
        "https://a\\b/",
        f"https://{'a' * 254}/",
    ],
)
def test_what_no_browser_would_open_is_a_bad_url(url: str) -> None:
    with pytest.raises(BadUrl, match=r"URL"):
        page_of(url)


def test_campaign_parameters_are_decoded() -> None:
    page = page_of(
        "https://a.example/?utm_source=news%20letter&utm_medium=e+mail&x=1&utm_campaign=caf%C3%A9"
        "&utm_content=a%26b%3Dc&utm_term=ducks#utm_term=geese"
    )
    assert page == Page(
        pathname="/",
        hostname="a.example",
        utm_source="news letter",
        utm_medium="e mail",
        utm_campaign="café",
        utm_content="a&b=c",
        utm_term="ducks",
        ref=None,
    )


@pytest.mark.parametrize(
    ("query", "source"),
    [
        ("utm_source=first&utm_source=second", "first"),
        ("utm_source=&utm_source=second", None),
        ("utm_source", None),
        ("utm_source=", None),
        ("UTM_SOURCE=x", None),
        ("xutm_source=x", None),
        ("utm_source%3Dx", None),
        ("utm_source=a=b", "a=b"),
        ("utm_source=a%00b%0Ac", "abc"),
        ("utm_source=%00", None),
        ("utm_source=%ff", "\ufffd"),
        ("utm_source=%ed%a0%80", "\ufffd\ufffd\ufffd"),
        ("utm_source=100%", "100%"),
        ("utm_source=" + "%C3%A9" * 300, "é" * 256),
    ],
)
def test_one_value_of_a_campaign_parameter_is_kept(query: str, source: str | None) -> None:
    assert page_of(f"https://a.example/?{query}").utm_source == source


@pytest.mark.parametrize(
    ("query", "ref"),
    [
        ("ref=a&source=b", "a"),
        ("source=b&ref=a", "a"),
        ("source=b", "b"),
        ("ref=&source=b", "b"),
        ("href=a", None),
        ("x=ref=a", None),
    ],
)
def test_the_ref_parameter_comes_before_source(query: str, ref: str | None) -> None:
    assert page_of(f"https://a.example/?{query}").ref == ref


def test_a_lone_surrogate_becomes_the_replacement_character() -> None:
    assert page_of("https://a.example/\ud800?ref=\udfff") == Page(
        "/\ufffd", "a.example", ref="\ufffd"
    )


@given(ANY_TEXT | URL_LIKE)
def test_any_text_is_a_clean_page_or_a_bad_url(text: str) -> None:
    try:
        page = parse_page(text, "docs.example")
    except BadUrl as reason:
        assert str(reason)
        return
    assert page.pathname.startswith("/")
    assert page.hostname == page.hostname.lower()
    for name in Page.__slots__:
        assert_storable(getattr(page, name))


@given(ANY_TEXT)
def test_plain_text_keeps_everything_but_control_characters(text: str) -> None:
    kept = [character for character in text if unicodedata.category(character) != "Cc"]
    surrogates_replaced = ["\ufffd" if "\ud800" <= char <= "\udfff" else char for char in kept]
    assert plain_text(text) == "".join(surrogates_replaced)


def assert_storable(value: str | None) -> None:
    if value is not None:
        assert value
        value.encode("utf-8")
        assert not any(unicodedata.category(character) == "Cc" for character in value)
