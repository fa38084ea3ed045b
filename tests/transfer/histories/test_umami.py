"""Umami's tables come in as the visits that they tell of."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mallard.app import Mallard
from mallard.model import Event, microseconds
from mallard.register.site import Paths, Site
from mallard.transfer.histories import umami_tables
from mallard.transfer.histories.kinds import Product
from mallard.transfer.histories.opening import jobs
from mallard.transfer.histories.told import Told
from mallard.transfer.rows import BadRow, LeftOut
from mallard.transfer.sources import Unreadable
from tests.transfer.histories.conftest import TOLD, Read, Rows
from tests.transfer.histories.umami_rows import (
    CLOUD_DATUM,
    DATUM,
    EVENT,
    SESSION,
    WEBSITE,
    a_cloud_file,
    a_table,
)

AT = microseconds(datetime(2026, 3, 10, 9, 30, 0, 250_000, UTC))
EXPECTED = Event(
    site_id="example.com",
    visitor_id=SESSION["session_id"],
    event_name="pageview",
    pathname="/docs",
    timestamp=AT,
    hostname="www.example.com",
    referrer="https://duckduckgo.com/search?q=a",
    referrer_source="DuckDuckGo",
    utm_source="news",
    utm_medium="email",
    browser="Edge",
    os="Windows",
    os_version="10",
    device_type="desktop",
    screen_size="1536",
    country_code="DE",
    region="Bavaria",
    city="Munich",
)


def props_of(event: Event) -> Any:
    return json.loads(event.props or "null")


def test_events_are_joined_with_their_sessions(read: Read, tmp_path: Path):
    events = a_table(tmp_path / "website_event.csv", EVENT, [{}])
    sessions = a_table(tmp_path / "session.csv", SESSION, [{"session_id": "other"}, {}])
    assert read(events, sessions) == read(sessions, events) == [EXPECTED]


def test_the_cloud_has_sessions_in_its_events(read: Read, tmp_path: Path):
    (event,) = read(a_cloud_file(tmp_path / "website_event.csv", {}))
    assert event.timestamp == AT - 250_000
    event.timestamp = AT
    assert event == EXPECTED


def test_an_event_without_a_known_session_counts_all_the_same(read: Read, tmp_path: Path):
    events = a_table(tmp_path / "website_event.csv", EVENT, [{}])
    (event,) = read(events, a_table(tmp_path / "session.csv", SESSION, []))
    assert (event.visitor_id, event.browser, event.country_code) == (
        SESSION["session_id"],
        None,
        None,
    )


@pytest.mark.parametrize("datum", [DATUM, CLOUD_DATUM], ids=["database", "cloud"])
def test_properties_have_the_type_that_they_were_sent_in(
    read: Read, tmp_path: Path, datum: dict[str, str]
):
    kept = [
        {"data_key": "plan", "string_value": "pro"},
        {"data_key": "seats", "data_type": "2", "string_value": "3", "number_value": "3.0000"},
        {"data_key": "rate", "data_type": "2", "string_value": "", "number_value": "0.5000"},
        {"data_key": "is.new", "data_type": "3", "string_value": "true"},
        {"data_key": "on", "data_type": "4", "string_value": "", "date_value": "2026-03-10"},
        {"data_key": "list", "data_type": "5", "string_value": '["a",1]'},
        {"data_key": "odd", "data_type": "5", "string_value": "[a"},
        {"data_key": "empty", "string_value": ""},
    ]
    custom = {"event_type": "2", "event_name": "signup", "tag": "new-page"}
    data = a_table(tmp_path / "event_data.csv", datum, kept)
    event, view = read(
        a_cloud_file(tmp_path / "website_event.csv", custom, {"event_id": "e-2"}), data
    )
    assert event.event_name == "signup"
    assert props_of(event) == {
        "tag": "new-page",
        "plan": "pro",
        "seats": 3,
        "rate": 0.5,
        "is.new": True,
        "on": "2026-03-10",
        "list": ["a", 1],
        "odd": "[a",
        "empty": None,
    }
    assert (view.event_name, view.props) == ("pageview", None)


@pytest.mark.parametrize(
    ("amount", "currency", "stored"),
    [
        ({"data_type": "2", "number_value": "49.9000"}, "eur", ("49.90", "EUR")),
        ({"data_type": "1", "string_value": "12.50"}, "USD", ("12.50", "USD")),
        ({"data_type": "2", "number_value": "49.9000"}, "euro", (None, None)),
        ({"data_type": "1", "string_value": "much"}, "USD", (None, None)),
    ],
)
def test_revenue_is_among_the_properties(
    read: Read,
    tmp_path: Path,
    amount: dict[str, str],
    currency: str,
    stored: tuple[str | None, str | None],
):
    kept = [
        {"data_key": "revenue", "string_value": ""} | amount,
        {"data_key": "currency", "string_value": currency},
    ]
    custom = {"event_type": "2", "event_name": "order"}
    files = a_cloud_file(tmp_path / "e.csv", custom), a_table(tmp_path / "d.csv", DATUM, kept)
    (event,) = read(*files)
    assert (event.revenue_amount, event.revenue_currency) == stored


def test_other_kinds_of_rows_are_left_out(rows: Rows, tmp_path: Path):
    kinds = [{"event_type": kind} for kind in ("3", "4", "5", "9")]
    found = rows(a_cloud_file(tmp_path / "e.csv", *kinds))
    assert [(type(row), str(row)) for _, row in found] == [
        (LeftOut, "clicks on short links"),
        (LeftOut, "pictures in mails"),
        (LeftOut, "measurements of speed"),
        (BadRow, "event_type is none that is known: '9'"),
    ]


def test_a_custom_event_must_have_a_name(rows: Rows, tmp_path: Path):
    (found,) = rows(a_cloud_file(tmp_path / "e.csv", {"event_type": "2"}))
    assert str(found[1]) == "event_name is empty"


@pytest.mark.parametrize(
    ("told", "beside", "site_id"),
    [
        (Told(), [], "example.com"),
        (Told("shop"), [{}], "shop"),
        (Told(sites={WEBSITE: "docs"}), [{}], "docs"),
        (Told(), [{"domain": "www.Other.example"}], "other.example"),
        (Told(), [{"domain": ""}], "example.com"),
    ],
)
def test_a_website_is_the_site_that_is_named_or_its_domain_or_its_host(
    read: Read, tmp_path: Path, told: Told, beside: list[dict[str, str]], site_id: str
):
    row = {"website_id": WEBSITE.upper(), "name": "Ours", "domain": "example.org"}
    files = [a_cloud_file(tmp_path / "e.csv", {})]
    if beside:
        files.append(a_table(tmp_path / "website.csv", row, beside))
    assert [event.site_id for event in read(*files, told=told)] == [site_id]


def test_rows_beyond_one_batch_find_their_properties(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(umami_tables, "ROWS_AT_ONCE", 7)
    changes = [{"event_id": f"e-{n}", "created_at": f"2026-03-10 09:30:{n}"} for n in range(10, 60)]
    keys = [{"event_id": change["event_id"]} for change in changes]
    data = [key | {"string_value": key["event_id"]} for key in reversed(keys)]
    events = read(
        a_cloud_file(tmp_path / "e.csv", *changes), a_table(tmp_path / "d.csv", CLOUD_DATUM, data)
    )
    assert [props_of(event)["plan"] for event in events] == [key["event_id"] for key in keys]


def test_events_without_sessions_are_refused(rows: Rows, tmp_path: Path):
    with pytest.raises(Unreadable, match="name the table of sessions"):
        rows(a_table(tmp_path / "website_event.csv", EVENT, [{}]))


def test_a_table_beside_is_nothing_alone(tmp_path: Path):
    (found,) = jobs([a_table(tmp_path / "session.csv", SESSION, [{}])], Product.UMAMI, TOLD)
    assert isinstance(found, Unreadable)
    assert str(found).endswith("lies beside Umami's website_event; name that, too")


def test_a_damaged_table_beside_is_named(rows: Rows, tmp_path: Path):
    data = a_table(tmp_path / "event_data.csv", DATUM, [{}])
    data.write_text(data.read_text() + '"a",b\n')
    with pytest.raises(Unreadable, match=r"event_data\.csv: "):
        rows(a_cloud_file(tmp_path / "e.csv", {}), data)


def test_what_a_website_stands_for_may_be_an_alias(mallard: Mallard, read: Read, tmp_path: Path):
    mallard.sites.replace("docs", Site(aliases=("example.com", WEBSITE)), None)
    file = a_cloud_file(tmp_path / "e.csv", {})
    websites: list[dict[str, str]] = [{}, {"other": "example.com"}]
    for sites in websites:
        (event,) = read(file, told=Told(sites=sites, decisions=mallard.sites))
        assert event.site_id == "docs"


def test_paths_are_by_the_rules_of_the_site(mallard: Mallard, read: Read, tmp_path: Path):
    mallard.sites.replace("example.com", Site(paths=Paths(keep_query=("page",))), None)
    file = a_cloud_file(tmp_path / "e.csv", {})
    (event,) = read(file, told=Told(decisions=mallard.sites))
    assert event.pathname == "/docs?page=2"
