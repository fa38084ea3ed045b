"""Maps, flags, icons, and what countries are called."""

from __future__ import annotations

import pytest
from werkzeug.test import Client

from mallard.reports.unknown import UNKNOWN
from mallard.web.dashboard.icons import ICONS, letter_of
from mallard.web.dashboard.language import ENGLISH, LANGUAGES, names_of_countries
from mallard.web.dashboard.world import levels_of
from mallard.web.static import ids_in
from tests.builders import an_event, store_events
from tests.conftest import Shared
from tests.web.reading import Element, page_of, parsed, table_of

pytestmark = pytest.mark.thorough

SITE = "/?site_id=example.com&period=7d&tab=map"


@pytest.fixture(scope="module")
def client(shared: Shared) -> Client:
    """Three from Germany, one from the United States, one from nowhere that is known."""
    events = [
        an_event(
            visitor_id=f"v{number}",
            referrer_source=source,
            browser="Chrome",
            os="Haiku",
            country_code=country,
            city="Berlin" if country == "DE" else None,
        )
        for number, (country, source) in enumerate(
            (("DE", "Reddit"), ("DE", "Reddit"), ("DE", "me"), ("US", "me"), (None, None))
        )
    ]
    store_events(shared.mallard.store, "batch", events)
    return shared.client


def card_of(client: Client, url: str = SITE, language: str = "") -> Element:
    headers = {"Accept-Language": language} if language else {}
    return parsed(client.get(url, headers=headers).text).by_id("panel-countries")


def test_the_map_shades_each_country_by_its_visitors_and_each_is_a_filter(client: Client) -> None:
    world = card_of(client).one("svg", class_="world")
    found = {one["aria-label"]: one for one in world.all("a")}
    assert list(found) == ["Germany: 3 visitors, 60%", "United States: 1 visitor, 20%"]
    germany = found["Germany: 3 visitors, 60%"]
    assert germany["href"] == "/?site_id=example.com&period=7d&filter=country==DE&tab=map"
    use = germany.one("use")
    assert use["class"] == "level-10"
    path, _, shape = use["href"].partition("#")
    assert shape == "DE"
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    assert 'id="DE"' in answer.text and 'id="land"' in answer.text


def test_a_table_beside_it_has_every_country(client: Client) -> None:
    assert table_of(card_of(client).one("table"))[1:] == [
        ["Germany", "3", "60%"],
        ["Unknown", "1", "20%"],
        ["United States", "1", "20%"],
    ]


def test_the_map_is_not_there_before_its_tab_is_opened(client: Client) -> None:
    page = client.get("/?site_id=example.com&period=7d").text
    assert "world." not in page


def test_beside_a_great_country_small_ones_are_still_seen() -> None:
    assert levels_of([10_000, 100, 1, 0]) == [10, 1, 1, 0]
    assert levels_of([4, 1]) == [10, 5]
    assert levels_of([]) == []


def test_rows_have_flags_and_icons_that_nobody_reads_out(client: Client) -> None:
    page = page_of(client, "/?site_id=example.com&period=7d&tab=sources")
    flags = [one["data-flag"] for one in page.all("i", class_="flag")]
    letters = [chr(ord(letter) - 0x1F1E6 + ord("A")) for flag in flags for letter in flag]
    assert "".join(letters) == "DEUS"
    icons = {one["href"].partition("#")[2] for one in page.all("use")}
    assert icons == {"reddit", "googlechrome"}
    assert {one["aria-hidden"] for one in page.all("svg", class_="icon")} == {"true"}
    assert "Haiku 5" in page_of(client, "/?site_id=example.com&period=7d&tab=os").text


def test_what_has_no_icon_among_those_that_do_has_its_letter() -> None:
    assert letter_of("browser", "Edge") == "E"
    assert letter_of("source", "www.ärzte.example") == "Ä"
    assert letter_of("source", "4chan.example") == "4"
    for dimension, value in (
        ("browser", "Firefox"),
        ("source", UNKNOWN),
        ("source", "(direct)"),
        ("source", ""),
        ("page", "about"),
        ("country", "DE"),
    ):
        assert letter_of(dimension, value) == "", (dimension, value)


def test_letters_are_not_read_out_either(client: Client) -> None:
    page = page_of(client, "/?site_id=example.com&period=7d&tab=os")
    (letter,) = page.all("i", class_="letter")
    assert (letter["data-letter"], letter["aria-hidden"], letter.text) == ("H", "true", "")


def test_details_have_them_too_and_a_city_the_flag_of_its_country(client: Client) -> None:
    assert page_of(client, "/details/browsers?site_id=example.com&period=7d").all("use")
    cities = page_of(client, "/details/cities?site_id=example.com&period=7d")
    assert len(cities.all("i", class_="flag")) == 2, "of one the city is unknown"


def test_every_icon_that_is_asked_for_is_shipped_and_no_other() -> None:
    assert ids_in("icons.svg") == {name for kind in ICONS.values() for name in kind.values()}


@pytest.mark.parametrize(
    ("accepted", "named"),
    [
        ("de-AT,de;q=0.9,en;q=0.5", "Deutschland"),
        ("tlh, fr;q=0.3, en;q=0.2", "Allemagne"),
        ("zh-TW", "德國"),
        ("zh-CN", "德国"),
        ("no", "Tyskland"),
        ("en;q=0.1,nl", "Duitsland"),
        ("*", "Germany"),
        ("x" * 4000, "Germany"),
        ("", "Germany"),
    ],
)
def test_countries_are_called_as_the_reader_calls_them(
    client: Client, accepted: str, named: str
) -> None:
    card = card_of(client, "/?site_id=example.com&period=7d", accepted)
    assert f"{named} 3 60" in card.text
    page = client.get(
        "/?site_id=example.com&period=7d&filter=country==DE", headers={"Accept-Language": accepted}
    )
    assert f"<strong>{named}</strong>" in page.text


def test_every_language_that_is_offered_is_known() -> None:
    assert all(names_of_countries(language)["DE"] for language in LANGUAGES)


def test_a_filter_understands_a_country_in_english_and_in_the_readers_language(
    client: Client,
) -> None:
    for typed in ("Germany", "deutschland", "DE"):
        answer = client.get(
            "/filter/set?site_id=example.com&by=country&operator=%3D%3D&value=" + typed,
            headers={"Accept-Language": "de"},
        )
        assert answer.status_code == 302, answer.text
        assert "filter=country==DE" in answer.location, typed
    assert ENGLISH in LANGUAGES
