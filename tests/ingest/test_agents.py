from __future__ import annotations

import dataclasses
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mallard.ingest.agents import Agent, device_type, parse_agent

BLINK = "AppleWebKit/537.36 (KHTML, like Gecko)"
WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {BLINK}"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
ANDROID = f"Mozilla/5.0 (Linux; Android 10; K) {BLINK}"
IPHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) {WEBKIT}"
ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=200)
AGENT_LIKE = st.builds("".join, st.lists(st.sampled_from([
    "Mozilla/5.0 ", "(X11; ", "(Linux; Android 14; ", "(iPhone; CPU iPhone OS 17_5 like Mac OS X",
    "\x00", "\ud800", "\n", "é", ") ", "Chrome/126.0", "Version/17.4 ", "Mobile ", "Safari/604.1",
    "CFNetwork/1 Darwin/23", "App\x00Name/1.0 ", "Firefox/", "9" * 300, "; ", "Build/",
]), max_size=15))  # fmt: skip


@pytest.mark.parametrize(
    ("user_agent", "browser", "version"),
    [
        (f"{WINDOWS} Chrome/126.0.0.0 Safari/537.36", "Chrome", "126.0"),
        (f"{ANDROID} Chrome/126.0.0.0 Mobile Safari/537.36", "Chrome", "126.0"),
        (f"{IPHONE} CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1", "Chrome", "126.0"),
        (f"{ANDROID} Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36", "Chrome", "116.0"),
        (f"{MAC} {WEBKIT} Version/17.4.1 Safari/605.1.15", "Safari", "17.4"),
        (f"{IPHONE} Version/17.5 Mobile/15E148 Safari/604.1", "Safari", "17.5"),
        (f"{IPHONE} Mobile/15E148", "Safari", None),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko Firefox/127.0", "Firefox", "127.0"),
        ("Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko Firefox/127.0", "Firefox", "127.0"),
        (f"{IPHONE} FxiOS/127.0 Mobile/15E148 Safari/605.1.15", "Firefox", "127.0"),
        (f"{WINDOWS} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.56", "Edge", "126.0"),
        (f"{ANDROID} Chrome/126.0.0.0 Mobile Safari/537.36 EdgA/126.0.2592.56", "Edge", "126.0"),
        (f"{IPHONE} EdgiOS/126.0.2592.56 Version/17.0 Mobile/15E148 Safari/604.1", "Edge", "126.0"),
        (f"{WINDOWS} Chrome/126.0.0.0 Safari/537.36 OPR/111.0.0.0", "Opera", "111.0"),
        (f"{ANDROID} Chrome/126.0.0.0 Mobile Safari/537.36 OPR/83.1.0.0", "Opera", "83.1"),
        (f"{WINDOWS} Chrome/126.0.0.0 Safari/537.36 Vivaldi/6.8.3381.46", "Vivaldi", "6.8"),
        (
            f"{ANDROID} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
            "Samsung Internet",
            "25.0",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
            "Internet Explorer",
            "11.0",
        ),
        (f"{IPHONE} Mobile/15E148 Safari/604.1 DuckDuckGo/7", "DuckDuckGo", "7"),
        (f"{IPHONE} GSA/321.0.642804631 Mobile/15E148 Safari/604.1", "Google App", "321.0"),
        (f"{IPHONE} Mobile/21F79 Instagram 336.0.0.25 (iPhone14,5)", "Instagram", "336.0"),
        (f"{IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/469.0.0.33]", "Facebook", "469.0"),
        ("Lynx/2.9.0dev.12 libwww-FM/2.14 SSL-MM/1.4.1 GNUTLS/3.7.8", "Lynx", "2.9"),
    ],
)  # fmt: skip
def test_a_browser_has_one_name_on_every_device(
    user_agent: str, browser: str, version: str | None
) -> None:
    agent = parse_agent(user_agent)
    assert (agent.browser, agent.browser_version) == (browser, version)


@pytest.mark.parametrize(
    ("user_agent", "os", "version"),
    [
        (f"{WINDOWS} Chrome/126.0.0.0 Safari/537.36", "Windows", "10"),
        ("Mozilla/5.0 (Windows NT 6.1; rv:115.0) Gecko/20100101 Firefox/115.0", "Windows", "7"),
        (f"{MAC} {WEBKIT} Version/17.4.1 Safari/605.1.15", "macOS", "10.15.7"),
        (f"{IPHONE} Version/17.5 Mobile/15E148 Safari/604.1", "iOS", "17.5.1"),
        (f"Mozilla/5.0 (Linux; Android 14; SM-A546B) {BLINK} Chrome/126.0", "Android", "14"),
        (f"Mozilla/5.0 (X11; Linux x86_64) {BLINK} Chrome/126.0", "Linux", None),
        ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko Firefox/127.0", "Ubuntu", None),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {BLINK} Chrome", "Chrome OS", "14541.0.0"),
        (f"Mozilla/5.0 (Web0S; Linux/SmartTV) {BLINK} Chrome/94.0", "webOS", None),
    ],
)  # fmt: skip
def test_an_operating_system_has_its_everyday_name(
    user_agent: str, os: str, version: str | None
) -> None:
    agent = parse_agent(user_agent)
    assert (agent.os, agent.os_version) == (os, version)


@pytest.mark.parametrize(
    ("user_agent", "kind"),
    [
        (f"{WINDOWS} Chrome/126.0.0.0 Safari/537.36", "desktop"),
        (f"{MAC} {WEBKIT} Version/17.4 Safari/605.1.15", "desktop"),
        (f"Mozilla/5.0 (X11; Linux x86_64) {BLINK} Chrome/126.0 Safari/537.36", "desktop"),
        ("Mozilla/5.0 (X11; FreeBSD amd64; rv:127.0) Gecko/20100101 Firefox/127.0", "desktop"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {BLINK} Chrome/126.0", "desktop"),
        (f"{IPHONE} Version/17.5 Mobile/15E148 Safari/604.1", "mobile"),
        (f"{ANDROID} Chrome/126.0.0.0 Mobile Safari/537.36", "mobile"),
        (f"{ANDROID} Version/4.0 Chrome/126.0.0.0 Mobile DuckDuckGo/5 Safari/537.36", "mobile"),
        ("Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0", "mobile"),
        ("Opera/9.80 (Android; Opera Mini/36.2.2254/119.132; U; id) Presto/2.12.423", "mobile"),
        ("Mozilla/5.0 (Mobile; Nokia 2720; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5", "mobile"),
        (f"Mozilla/5.0 (iPad; CPU OS 16_7 like Mac OS X) {WEBKIT} Version/16.6 Mobile/1", "tablet"),
        (f"Mozilla/5.0 (Linux; Android 14; SM-X710) {BLINK} Chrome/126.0 Safari/537.36", "tablet"),
        ("Mozilla/5.0 (Android 14; Tablet; rv:127.0) Gecko/127.0 Firefox/127.0", "tablet"),
        (f"Mozilla/5.0 (Linux; Android 9; KFMAWI) {BLINK} Silk/93.2.7 Safari/537.36", "tablet"),
        (f"Mozilla/5.0 (SMART-TV; LINUX; Tizen 7.0) {BLINK} 94.0/7.0 TV Safari/537.36", None),
        (f"Mozilla/5.0 (PlayStation; PlayStation 5/6.50) {WEBKIT} Version/17.0 Safari", None),
    ],
)  # fmt: skip
def test_a_user_agent_tells_the_kind_of_device(user_agent: str, kind: str | None) -> None:
    assert parse_agent(user_agent).device_type == kind


def test_an_ipad_that_calls_itself_a_macintosh_is_told_by_its_width() -> None:
    agent = parse_agent(f"{MAC} {WEBKIT} Version/17.4 Safari/605.1.15")
    assert agent.device_type == "desktop"
    assert device_type(820, agent) == "tablet"


@pytest.mark.parametrize("user_agent", ["", " ", "-", "x", "Mozilla/5.0", "\x00", "é" * 5000])
def test_nothing_is_made_up_about_an_unknown_agent(user_agent: str) -> None:
    assert parse_agent(user_agent) == Agent()


@pytest.mark.parametrize(
    ("width", "kind"),
    [
        (1, "mobile"),
        (767, "mobile"),
        (768, "tablet"),
        (1023, "tablet"),
        (1024, "desktop"),
        (65_535, "desktop"),
    ],
)
def test_the_width_decides_before_the_user_agent(width: int, kind: str) -> None:
    assert device_type(width, Agent(device_type="television")) == kind


@pytest.mark.parametrize("width", [None, 0, -1, 65_536])
def test_without_a_sound_width_the_user_agent_decides(width: int | None) -> None:
    assert device_type(width, Agent(device_type="tablet")) == "tablet"
    assert device_type(width, Agent()) is None


@given(ANY_TEXT | AGENT_LIKE)
def test_any_text_is_an_agent_of_short_clean_names(user_agent: str) -> None:
    agent = parse_agent(user_agent)
    assert agent.device_type in {"desktop", "mobile", "tablet", None}
    for value in dataclasses.astuple(agent):
        if value is not None:
            assert 0 < len(value) <= 64
            value.encode("utf-8")
            assert not any(unicodedata.category(character) == "Cc" for character in value)
