"""Pages are told in the language of whoever reads them; what programs read is not."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import pytest
from werkzeug.test import Client, TestResponse

from mallard.reports.channels import CHANNELS
from mallard.texts.language import language, told_in
from mallard.web.dashboard import wording
from tests.conftest import Shared, kept_open
from tests.web.reading import parsed

SITE = "/?site_id=example.com&period=today"
GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}


@pytest.fixture(scope="module")
def client(shared: Shared) -> Client:
    for visitor in range(3):
        shared.visit("/pricing", visitor=visitor, times=2)
    return shared.client


def spoken(answer: TestResponse) -> str:
    return parsed(answer.text).one("html")["lang"]


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("de", "de"),
        ("en-US,de;q=0.9", "en"),
        ("fr,de;q=0.5", "de"),
        ("fr", "en"),
        ("*", "en"),
        ("de" * 4000, "en"),
        ("", "en"),
    ],
)
def test_a_page_is_in_the_language_that_the_browser_asks_for(
    client: Client, accepted: str, expected: str
) -> None:
    answer = client.get(SITE, headers={"Accept-Language": accepted})
    assert spoken(answer) == expected
    assert ("Seitenaufrufe" in answer.text) == (expected == "de")


def test_a_german_page_has_german_words_days_and_numbers(client: Client) -> None:
    page = parsed(client.get(SITE, headers=GERMAN).text)
    assert page.one("h1").text == "example.com, Mi, 18. März 2026"
    figures = {a.one("span", class_="title").text: a.one("b").text for a in
               page.one("ul", class_="figures").all("a")}  # fmt: skip
    assert list(figures)[:3] == ["Besucher", "Sitzungen", "Seitenaufrufe"]
    assert figures["Aufrufe pro Sitzung"] == "2,0"
    assert figures["Absprungrate"] == "0 %"


def test_the_next_reader_is_told_in_another_language(client: Client) -> None:
    german, english = client.get(SITE, headers=GERMAN), client.get(SITE)
    assert (spoken(german), spoken(english)) == ("de", "en")
    assert language() == "en"


def test_caches_are_told_that_a_page_depends_on_its_reader(client: Client) -> None:
    assert "Accept-Language" in client.get(SITE).headers["Vary"]
    part = client.get(f"/panels/pages{SITE[1:]}", headers={"HX-Request": "true"} | GERMAN)
    assert "Accept-Language" in part.headers["Vary"]
    assert "Seiten" in part.text


def test_the_address_may_name_the_language_and_links_keep_it(client: Client) -> None:
    answer = client.get(f"{SITE}&lang=de")
    assert spoken(answer) == "de"
    week = parsed(answer.text).by_id("period-7d")
    assert week["href"] == "/?site_id=example.com&period=7d&lang=de"
    assert spoken(client.get(f"{SITE}&lang=en", headers=GERMAN)) == "en"
    assert spoken(client.get(f"{SITE}&lang=xx", headers=GERMAN)) == "de"


def test_nothing_is_kept_of_a_readers_language(client: Client) -> None:
    assert "Set-Cookie" not in client.get(f"{SITE}&lang=de", headers=GERMAN).headers


@pytest.mark.parametrize(
    "address",
    [
        "/api/stats/main?site_id=example.com",
        "/details/pages.csv?site_id=example.com&period=today",
        "/api/stats/main",
        "/api/docs",
    ],
)
def test_what_programs_read_is_english(client: Client, address: str) -> None:
    assert client.get(address, headers=GERMAN).data == client.get(address).data


def test_an_error_is_a_page_in_the_readers_language(client: Client) -> None:
    page = parsed(client.get("/nothing/here", headers=GERMAN).text)
    assert page.one("h1").text == "Seite nicht gefunden"


def test_countries_are_found_by_their_german_names(client: Client) -> None:
    answer = client.get(
        "/filter/set?site_id=example.com&by=country&value=Deutschland&lang=de",
    )
    assert "filter=country==DE" in answer.headers["Location"]


def test_channels_are_told_and_found_by_their_german_names(client: Client) -> None:
    assert set(wording.CHANNELS) == set(CHANNELS)
    with told_in("de"):
        told = {name: wording.value_text("channel", name) for name in CHANNELS}
    assert told["Organic Search"] == "Organische Suche"
    for name, text in told.items():
        answer = client.get(
            "/filter/set",
            query_string={
                "site_id": "example.com",
                "by": "channel",
                "value": text,
                "lang": "de",
            },
        )
        assert f"filter=channel=={name.replace(' ', '+')}" in unquote(answer.headers["Location"])


def test_whose_browser_asks_for_no_known_language_reads_that_of_the_settings(
    tmp_path: Path, fresh_data: Path
) -> None:
    with kept_open(tmp_path / "data", fresh_data, language="de") as one:
        for accepted, expected in (("fr", "de"), ("", "de"), ("en", "en")):
            answer = one.client.get("/setup", headers={"Accept-Language": accepted})
            assert spoken(answer) == expected
