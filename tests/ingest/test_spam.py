"""Events with the referrer of a spammer are dropped, by the list that is shipped or one's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from werkzeug.test import Client

from mallard.ingest.spam import KEPT_LIST, OF_PEOPLE, is_spam, kept_spammers, read_spammers
from mallard.model import MallardError
from mallard.wsgi import application
from tests.conftest import post_event, stored_events

LIST = (
    "\ufeff# kept elsewhere\nsemalt.com\n\n  www.Darodar.com \r\nseo.blogspot.example # a part\n"
    "xn--80aaajkrncdlqdh6ane8t.xn--p1ai\n"
)
IN_CYRILLIC = "xn--80aaajkrncdlqdh6ane8t".removeprefix("xn--").encode().decode("punycode")


@pytest.fixture
def list_of_spammers(tmp_path: Path) -> Path:
    path = tmp_path / "spammers.txt"
    path.write_bytes(LIST.encode())
    return path


def test_a_list_holds_one_host_a_line(list_of_spammers: Path) -> None:
    spammers = {"semalt.com", "darodar.com", "seo.blogspot.example"}
    assert read_spammers(list_of_spammers) == spammers | {"xn--80aaajkrncdlqdh6ane8t.xn--p1ai"}


@pytest.mark.parametrize(
    ("referrer", "spam"),
    [
        ("https://semalt.com/crawler?u=x", True),
        ("https://69.SEMALT.com:8080", True),
        ("http://www.darodar.com/", True),
        ("//semalt.com/", True),
        ("https://seo.blogspot.example/", True),
        ("https://blogspot.example/", False),
        ("https://notsemalt.com/", False),
        ("https://semalt.com.example/", False),
        ("https://news.example/?about=semalt.com", False),
        ("https://xn--80aaajkrncdlqdh6ane8t.xn--p1ai/", True),
        (f"https://{IN_CYRILLIC}.рф/", True),
        ("http://[", False),
        ("", False),
        (None, False),
    ],
)
def test_a_referrer_is_spam_by_whole_labels_of_its_host(
    list_of_spammers: Path, referrer: str | None, spam: bool
) -> None:
    assert is_spam(referrer, read_spammers(list_of_spammers)) is spam


EVENT = {"d": "example.com", "n": "pageview", "u": "https://example.com/"}


def drop_reason(client: Client, referrer: str) -> str | None:
    response = post_event(client, EVENT | {"r": referrer})
    assert response.status_code == 202
    return response.headers.get("X-Mallard-Dropped")


def test_an_event_with_a_spammers_referrer_is_dropped_and_counted(start) -> None:
    mallard = start(filter_bots=False)
    client = Client(application(mallard))
    for referrer in ("https://www.semalt.com/", "http://a.buttons-for-website.com/x?y"):
        assert drop_reason(client, referrer) == "referrer_spam"
    assert drop_reason(client, "https://news.example/") is None
    assert [stored["referrer_source"] for stored in stored_events(mallard)] == ["news.example"]
    assert mallard.intake.tally.counts() == {"dropped_referrer_spam": 2, "accepted": 1}
    assert "referrer spam 2" in client.get("/diagnostics").text


def test_a_list_of_the_operators_takes_the_place_of_the_one_shipped(
    start, list_of_spammers: Path
) -> None:
    client = Client(application(start(referrer_spam_list=list_of_spammers)))
    assert drop_reason(client, "https://seo.blogspot.example/") == "referrer_spam"
    assert drop_reason(client, "https://buttons-for-website.com/") is None


def test_where_it_is_turned_off_no_referrer_is_spam(start, list_of_spammers: Path) -> None:
    off = start(filter_referrer_spam=False, referrer_spam_list=list_of_spammers)
    assert drop_reason(Client(application(off)), "https://semalt.com/") is None


def test_the_list_that_is_shipped_is_whole_and_says_where_it_is_from() -> None:
    lines = KEPT_LIST.read_text(encoding="utf-8").splitlines()
    origin = [line for line in lines if line.startswith("#")]
    hosts = lines[len(origin) :]
    assert "github.com/matomo-org/referrer-spam-list" in "".join(origin)
    assert "public domain" in "".join(origin)
    assert hosts == sorted(hosts, key=str.lower)
    assert len(hosts) > 2_000
    # One that is on it no more should not be named as left out, either.
    assert kept_spammers() | OF_PEOPLE == {host.lower() for host in hosts}


@pytest.mark.parametrize(
    "referrer",
    [
        *("https://www.google.com/", "https://t.co/x", "https://chatgpt.com/", "https://adf.ly/1"),
        *("https://school.kharkov.ua/", "https://mine.ucoz.ru/", "https://github.com/a/b"),
    ],
)
def test_what_people_come_from_is_no_spam_by_the_list_that_is_shipped(referrer: str) -> None:
    assert not is_spam(referrer, kept_spammers())


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_list_that_cannot_be_read_stops_the_start(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "list.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MallardError, match=r"^referrer_spam_list: .*list\.txt cannot be read"):
        read_spammers(path)
