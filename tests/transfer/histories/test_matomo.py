"""Matomo's visits come in with all that was done in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mallard.model import Event
from mallard.transfer.histories import json_objects
from mallard.transfer.histories.told import Told
from mallard.transfer.rows import BadRow, LeftOut
from mallard.transfer.sources import Unreadable
from tests.transfer.histories.conftest import Read, Rows
from tests.transfer.histories.matomo_visits import ACTION, a_file, a_visit


def test_a_page_is_a_pageview(read: Read, tmp_path: Path):
    assert read(a_file(tmp_path / "a.json", a_visit({})), told=Told()) == [
        Event(
            site_id="example.com",
            visitor_id="a1b2c3d4e5f60718",
            event_name="pageview",
            pathname="/pricing",
            timestamp=1773135007_000_000,
            hostname="www.example.com",
            referrer="https://duckduckgo.com/",
            referrer_source="DuckDuckGo",
            utm_source="news",
            browser="Chrome",
            browser_version="120.0",
            os="Android",
            os_version="14",
            device_type="mobile",
            screen_size="412",
            country_code="DE",
            region="Bavaria",
            city="Munich",
        )
    ]


def test_what_else_was_done_is_an_event_on_its_page_or_the_one_before(read: Read, tmp_path: Path):
    event = {"type": "event", "eventCategory": "video", "eventAction": "play", "eventValue": 3}
    visit = a_visit(
        {},
        {"type": "search", "url": "https://www.example.com/s?q=a", "siteSearchKeyword": "a"},
        {"type": "outlink", "url": "https://other.example/"},
        {"type": "download", "url": "https://www.example.com/a.pdf"},
        event | {"url": "https://www.example.com/films", "eventName": ""},
    )
    events = read(a_file(tmp_path / "a.json", visit))
    assert [(event.event_name, event.pathname, event.props) for event in events] == [
        ("pageview", "/pricing", None),
        ("search", "/s", '{"keyword":"a"}'),
        ("Outbound Link: Click", "/s", '{"url":"https://other.example/"}'),
        ("File Download", "/s", '{"url":"https://www.example.com/a.pdf"}'),
        ("play", "/films", '{"category":"video","value":3}'),
    ]
    assert [event.referrer for event in events] == ["https://duckduckgo.com/", *[None] * 4]
    assert {event.referrer_source for event in events} == {"DuckDuckGo"}


def test_a_visit_without_a_page_is_of_the_site_that_is_named(read: Read, tmp_path: Path):
    visit = a_visit({"type": "event", "eventAction": "sent", "url": None})
    (event,) = read(a_file(tmp_path / "a.json", visit))
    assert (event.event_name, event.pathname, event.hostname) == ("sent", "/", None)


def test_other_actions_are_left_out(rows: Rows, tmp_path: Path):
    visit = a_visit({"type": "goal"}, {"type": "ecommerceOrder"})
    found = rows(a_file(tmp_path / "a.json", visit, a_visit()))
    assert [(number, type(row), str(row)) for number, row in found] == [
        (1, LeftOut, "actions of the type goal"),
        (1, LeftOut, "actions of the type ecommerceOrder"),
    ]


def test_bad_visits_and_actions_are_named_by_the_number_of_the_visit(rows: Rows, tmp_path: Path):
    bad = [
        a_visit({"timestamp": "soon"}),
        {"idVisit": "1", "actionDetails": []},
        a_visit({}, visitorId=""),
        a_visit({"type": "event"}),
        7,
        a_visit({}),
    ]
    found = rows(a_file(tmp_path / "a.json", *bad))
    assert [(number, str(row)) for number, row in found if isinstance(row, BadRow)] == [
        (1, "timestamp is not a time: 'soon'"),
        (2, "it is no visit: Object missing required field `visitorId`"),
        (3, "visitor_id is empty"),
        (4, "event_name is empty"),
        (5, "it is no visit: Expected `object`, got `int`"),
    ]
    assert isinstance(found[-1][1], Event)


@pytest.mark.parametrize("unknown", ["xx", "", None])
def test_an_unknown_country_is_none(read: Read, tmp_path: Path, unknown: str | None):
    changes: dict[str, Any] = {"countryCode": unknown, "regionCode": None, "city": "Unknown"}
    (event,) = read(a_file(tmp_path / "a.json", a_visit({}, **changes)))
    assert (event.country_code, event.region, event.city) == (None, None, None)


@pytest.mark.parametrize("piece", [1, 7, 1000])
@pytest.mark.parametrize("indent", [None, 2])
def test_the_file_may_be_of_any_length_and_form(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int, indent: int | None
):
    monkeypatch.setattr(json_objects, "PIECE_BYTES", piece)
    visits = [a_visit({"url": f"https://example.com/ü/{n}]"}) for n in range(5)]
    whole = read(a_file(tmp_path / "a.json", *visits, indent=indent))
    assert [event.pathname for event in whole] == [f"/ü/{n}]" for n in range(5)]
    in_lines = tmp_path / "a.jsonl"
    in_lines.write_text("".join(f"{json.dumps(visit)}\n" for visit in visits))
    assert read(in_lines) == whole


def test_a_file_that_breaks_off_says_where(rows: Rows, tmp_path: Path):
    file = a_file(tmp_path / "a.json", a_visit(ACTION), a_visit(ACTION))
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(Unreadable, match="the JSON cannot be read behind object 1"):
        rows(file)
