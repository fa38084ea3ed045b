"""Simple Analytics' data points come in as the views and events that they are."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mallard.model import Event, microseconds
from mallard.transfer.histories.told import Told
from mallard.transfer.rows import LeftOut
from tests.transfer.histories.conftest import Read, Rows
from tests.transfer.histories.simple_analytics_rows import ROW, a_file


def test_a_row_is_a_pageview(read: Read, tmp_path: Path):
    assert read(a_file(tmp_path / "a.csv", {}), told=Told()) == [
        Event(
            site_id="example.com",
            visitor_id="5f1e",
            event_name="pageview",
            pathname="/pricing",
            timestamp=microseconds(datetime(2026, 3, 10, 9, 30, 7, 120_000, UTC)),
            hostname="www.example.com",
            referrer="https://t.co/x",
            referrer_source="Twitter",
            utm_medium="social",
            browser="Firefox",
            browser_version="128.0",
            os="macOS",
            os_version="14.1",
            device_type="tablet",
            screen_size="820",
            country_code="NL",
        )
    ]


def test_an_event_has_its_metadata(read: Read, tmp_path: Path):
    metadata = {
        "metadata.plan_text": "pro",
        "metadata.seats_int": "3",
        "metadata.is_new_bool": "true",
        "metadata.since_date": "2026-03-01",
        "metadata.odd_int": "x",
        "metadata.none_text": "",
    }
    (event,) = read(a_file(tmp_path / "a.csv", {"datapoint": "signup"} | metadata, row=metadata))
    assert event.event_name == "signup"
    assert json.loads(event.props or "") == {
        "plan": "pro",
        "seats": 3,
        "is_new": True,
        "since": "2026-03-01",
        "odd": "x",
    }


def test_few_fields_are_enough(read: Read, tmp_path: Path):
    few = {"added_unix": "1773135007", "path": "/", "hostname": "example.com"}
    first, second = read(a_file(tmp_path / "a.csv", {}, {}, only=few), told=Told())
    assert (first.timestamp, first.event_name) == (1773135007_000_000, "pageview")
    assert first.visitor_id != second.visitor_id


def test_views_without_a_session_are_a_visitor_each(read: Read, tmp_path: Path):
    alone = {"session_id": ""}
    events = read(a_file(tmp_path / "a.csv", alone | {"uuid": "u-1"}, alone | {"uuid": "u-2"}))
    assert [event.visitor_id for event in events] == ["u-1", "u-2"]


def test_robots_are_left_out(rows: Rows, tmp_path: Path):
    ((_, row),) = rows(a_file(tmp_path / "a.csv", {"is_robot": "true"}))
    assert (type(row), str(row)) == (LeftOut, "robots")


@pytest.mark.parametrize(("column", "text"), [("added_iso", "soon"), ("added_unix", "soon")])
def test_a_time_that_is_none_is_bad(rows: Rows, tmp_path: Path, column: str, text: str):
    few = {"path": "/", column: text}
    ((_, row),) = rows(a_file(tmp_path / "a.csv", {}, only=few))
    assert str(row) == f"{column} is not a time: 'soon'"


def test_the_query_tells_the_campaign_where_no_field_does(read: Read, tmp_path: Path):
    (event,) = read(a_file(tmp_path / "a.csv", {"query": "?utm_campaign=may", "utm_medium": ""}))
    assert (event.utm_campaign, event.utm_medium) == ("may", None)
    assert ROW["query"] == ""
