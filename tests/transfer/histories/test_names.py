"""What other products call browsers, systems, devices and places gets the names of live visits."""

from __future__ import annotations

import pytest

from mallard.ingest.agents import parse_agent
from mallard.transfer.histories.names import (
    browser,
    country,
    country_called,
    device,
    system,
    value,
)
from mallard.transfer.histories.regions import region_name
from tests.conftest import CHROME


@pytest.mark.parametrize(
    ("name", "version", "ours"),
    [
        ("chrome", None, ("Chrome", None)),
        ("crios", None, ("Chrome", None)),
        ("edge-chromium", None, ("Edge", None)),
        ("Microsoft Edge", "120.0.2210", ("Edge", "120.0")),
        ("Chrome Mobile", "86.0.4240.99", ("Chrome", "86.0")),
        ("Mobile Safari", "13_1", ("Safari", "13.1")),
        ("Firefox 81", None, ("Firefox", "81")),
        ("Internet Explorer 11", None, ("Internet Explorer", "11")),
        ("samsung", None, ("Samsung Internet", None)),
        ("Safari (in-app)", None, ("Safari", None)),
        ("Something New", "1", ("Something New", "1")),
        ("", "86", (None, None)),
        ("(not set)", None, (None, None)),
        (None, None, (None, None)),
    ],
)
def test_a_browser_is_one_browser_on_every_device(
    name: str | None, version: str | None, ours: tuple[str | None, str | None]
):
    assert browser(name, version) == ours


@pytest.mark.parametrize(
    ("name", "version", "ours"),
    [
        ("Windows 10", None, ("Windows", "10")),
        ("Windows XP", None, ("Windows", "XP")),
        ("Mac OS", None, ("macOS", None)),
        ("Mac", "10.15.7", ("macOS", "10.15.7")),
        ("Macintosh", "Intel 10.15", ("macOS", "Intel 10.15")),
        ("macOS 10.15", None, ("macOS", "10.15")),
        ("GNU/Linux", None, ("Linux", None)),
        ("iPadOS", "17.1", ("iOS", "17.1")),
        ("Android OS", None, ("Android", None)),
        ("Chrome OS", "", ("Chrome OS", None)),
    ],
)
def test_a_system_is_known_by_its_everyday_name(
    name: str, version: str | None, ours: tuple[str | None, str | None]
):
    assert system(name, version) == ours


def test_they_are_the_names_of_live_visits():
    agent = parse_agent(CHROME)
    assert browser("chrome")[0] == agent.browser
    assert system(f"{agent.os} 1")[0] == agent.os


def test_devices_are_of_three_kinds():
    kinds = ("Laptop", "desktop", "Smartphone", "phablet", "Tablet", "tv", "", None)
    assert [device(kind) for kind in kinds] == [
        "desktop",
        "desktop",
        "mobile",
        "mobile",
        "tablet",
        None,
        None,
        None,
    ]


def test_a_country_is_two_letters():
    codes = ("DE", "de", "\0\0", "ZZ", "xx", "", "T1", "DEU", None)
    assert [country(code) for code in codes] == ["DE", "DE", *[None] * 7]


def test_a_country_is_known_by_its_english_name():
    names = ("Germany", "Türkiye", "Turkey", "Hong Kong", "Côte d\u2019Ivoire", "Côte d'Ivoire")
    assert [country_called(name) for name in names] == ["DE", "TR", "TR", "HK", "CI", "CI"]
    assert country_called("(not set)") is country_called("Europe") is None


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("US-CA", "California"),
        ("us-ca", "California"),
        ("DE-BY", "Bavaria"),
        ("FR-IDF", "Île-de-France"),
        ("GB-ENG", "England"),
        ("JP-13", "Tokyo"),
        ("XX-99", None),
        ("", None),
        (None, None),
    ],
)
def test_a_region_has_its_english_name(code: str | None, name: str | None):
    assert region_name(None, code) == name


def test_the_code_of_a_region_may_be_short():
    assert region_name("US", "TX") == "Texas"
    assert region_name(None, "TX") is None


def test_what_stands_for_nothing_is_nothing():
    assert [value(text) for text in ("a", " a ", "", "-", "(not set)", "NULL", "\0", None)] == [
        "a",
        "a",
        *[None] * 6,
    ]
