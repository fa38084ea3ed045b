"""Events with the referrer of a spammer are dropped, where the operator names a list of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from werkzeug.test import Client

from mallard.ingest.spam import is_spam, read_spammers
from mallard.model import MallardError
from mallard.wsgi import application
from tests.conftest import post_event, stored_events

LIST = "\ufeff# kept elsewhere\nsemalt.com\n\n  www.Darodar.com \r\nseo.blogspot.example # a part\n"


@pytest.fixture
def list_of_spammers(tmp_path: Path) -> Path:
    path = tmp_path / "spammers.txt"
    path.write_bytes(LIST.encode())
    return path


def test_a_list_holds_one_host_a_line(list_of_spammers: Path) -> None:
    spammers = {"semalt.com", "darodar.com", "seo.blogspot.example"}
    assert read_spammers(list_of_spammers) == spammers
    assert read_spammers(None) == frozenset()


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
        ("http://[", False),
        ("", False),
        (None, False),
    ],
)
def test_a_referrer_is_spam_by_whole_labels_of_its_host(
    list_of_spammers: Path, referrer: str | None, spam: bool
) -> None:
    assert is_spam(referrer, read_spammers(list_of_spammers)) is spam


def test_an_event_with_a_spammers_referrer_is_dropped_and_counted(
    start, list_of_spammers: Path
) -> None:
    mallard = start(referrer_spam_list=list_of_spammers, filter_bots=False)
    client = Client(application(mallard))
    event = {"d": "example.com", "n": "pageview", "u": "https://example.com/"}
    response = post_event(client, event | {"r": "https://www.semalt.com/"})
    assert (response.status_code, response.headers["X-Mallard-Dropped"]) == (202, "referrer_spam")
    post_event(client, event | {"r": "https://news.example/"})
    assert [stored["referrer_source"] for stored in stored_events(mallard)] == ["news.example"]
    assert mallard.intake.tally.counts() == {"dropped_referrer_spam": 1, "accepted": 1}


def test_without_a_list_no_referrer_is_spam(start) -> None:
    mallard = start()
    event = {"d": "a", "n": "pageview", "u": "/", "r": "https://semalt.com/"}
    assert "X-Mallard-Dropped" not in post_event(Client(application(mallard)), event).headers


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_list_that_cannot_be_read_stops_the_start(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "list.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MallardError, match=r"^referrer_spam_list: .*list\.txt cannot be read"):
        read_spammers(path)
