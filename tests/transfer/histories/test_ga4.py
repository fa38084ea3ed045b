"""Google Analytics' events come in from its export to BigQuery."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mallard.model import Event
from mallard.transfer.histories.told import Told
from mallard.transfer.rows import BadRow, LeftOut
from mallard.transfer.sources import Unreadable
from tests.transfer.histories.conftest import Read, Rows
from tests.transfer.histories.ga4_rows import a_file, a_parquet_file, a_row


def test_a_page_view_is_a_pageview(read: Read, tmp_path: Path):
    assert read(a_file(tmp_path / "a.jsonl", a_row()), told=Told()) == [
        Event(
            site_id="example.com",
            visitor_id="1234.5678",
            event_name="pageview",
            pathname="/pricing",
            timestamp=1773135007_123456,
            hostname="www.example.com",
            referrer="https://www.google.com/",
            referrer_source="Google",
            browser="Safari",
            browser_version="17.1",
            os="iOS",
            os_version="17.1.1",
            device_type="mobile",
            country_code="DE",
            region="Bavaria",
            city="Munich",
        )
    ]


@pytest.mark.parametrize(
    ("params", "columns", "source", "utm_source"),
    [
        ({"source": {"string_value": "google"}, "medium": {"string_value": "organic"}}, {},
         "Google", None),
        ({"source": {"string_value": "a.example"}, "medium": {"string_value": "referral"}}, {},
         "a.example", None),
        ({"source": {"string_value": "news"}, "medium": {"string_value": "email"}}, {},
         "news", "news"),
        ({}, {"collected_traffic_source": {"manual_source": "fb", "manual_medium": "cpc"}},
         "Facebook", "fb"),
        # The source and medium that were collected are what was found out, too.
        ({}, {"collected_traffic_source": {"manual_source": "bing", "manual_medium": "organic"}},
         "Bing", None),
        ({}, {"collected_traffic_source": {"manual_source": "(direct)", "manual_medium": "(none)"}},
         None, None),
        ({}, {"collected_traffic_source": {"manual_source": "fb", "manual_medium": None}},
         "Facebook", "fb"),
        ({"source": {"string_value": "(direct)"}}, {}, None, None),
        ({}, {}, None, None),
    ],
)  # fmt: skip
def test_what_was_tagged_is_a_campaign_and_what_was_found_out_a_source(
    read: Read, tmp_path: Path, params: Any, columns: Any, source: str | None, utm_source: str
):
    row = a_row({"page_referrer": None} | params, **columns)
    (event,) = read(a_file(tmp_path / "a.jsonl", row))
    assert (event.referrer_source, event.utm_source) == (source, utm_source)


def test_an_event_keeps_the_parameters_that_were_given_to_it(read: Read, tmp_path: Path):
    params = {
        "plan": {"string_value": "pro"},
        "seats": {"int_value": "3"},
        "rate": {"double_value": 0.5},
        "none": {},
        "gclid": {"string_value": "Cj0KCQ"},
        "campaign_id": {"int_value": "7"},
    }
    (event,) = read(a_file(tmp_path / "a.jsonl", a_row(params, event_name="sign_up")))
    assert event.event_name == "sign_up"
    assert json.loads(event.props or "") == {"plan": "pro", "seats": 3, "rate": 0.5}


@pytest.mark.parametrize(
    ("params", "columns", "stored"),
    [
        ({"value": {"double_value": 49.9}, "currency": {"string_value": "eur"}}, {},
         ("49.90", "EUR")),
        ({"currency": {"string_value": "USD"}}, {"ecommerce": {"purchase_revenue": 5}},
         ("5.00", "USD")),
        ({"value": {"int_value": "7"}, "currency": {"string_value": "USD"}}, {}, ("7.00", "USD")),
        ({"value": {"int_value": "7"}}, {}, (None, None)),
    ],
)  # fmt: skip
def test_a_purchase_brings_revenue(
    read: Read, tmp_path: Path, params: Any, columns: Any, stored: tuple[str | None, str | None]
):
    row = a_row(params, event_name="purchase", **columns)
    (event,) = read(a_file(tmp_path / "a.jsonl", row))
    assert (event.revenue_amount, event.revenue_currency) == stored


@pytest.mark.parametrize("name", ["user_engagement", "session_start", "first_visit", "scroll"])
def test_what_analytics_sends_of_itself_is_left_out(rows: Rows, tmp_path: Path, name: str):
    ((_, row),) = rows(a_file(tmp_path / "a.jsonl", a_row(event_name=name)))
    assert (type(row), str(row)) == (LeftOut, f"events called {name}")


def test_events_of_apps_have_no_page(rows: Rows, tmp_path: Path):
    row = a_row({"page_location": None}, event_name="screen_view")
    ((_, found),) = rows(a_file(tmp_path / "a.jsonl", row))
    assert str(found) == "events without a page, such as those of apps"


def test_who_has_not_agreed_is_nobody_twice(read: Read, tmp_path: Path):
    row = a_row(user_pseudo_id=None)
    first, second = read(a_file(tmp_path / "a.jsonl", row, row))
    assert first.visitor_id != second.visitor_id


PUBLISHED: dict[str, Any] = {
    "batch_event_index": "1",
    "batch_ordering_id": "2",
    "batch_page_id": "1773135000000",
    "event_bundle_sequence_id": "-12",
    "event_previous_timestamp": "1773135000000000",
    "event_server_timestamp_offset": "-5",
    "event_value_in_usd": 1.5,
    "privacy_info": {"analytics_storage": "Yes", "ads_storage": "No", "uses_transient_token": "No"},
    "user_properties": [
        {"key": "plan", "value": {"string_value": "pro", "set_timestamp_micros": "1"}}
    ],
    "user_first_touch_timestamp": "1773135000000000",
    "user_ltv": {"revenue": 0.0, "currency": "USD"},
    "app_info": None,
    "event_dimensions": None,
    "collected_traffic_source": {"manual_source": None, "gclid": "Cj0KCQ", "dclid": None},
    "session_traffic_source_last_click": {
        "manual_campaign": {"source": "news", "medium": "email", "campaign_name": "may"},
        "cross_channel_campaign": {"source": "news", "default_channel_group": "Email"},
    },
    "ecommerce": {
        "total_item_quantity": "1",
        "purchase_revenue_in_usd": 1.5,
        "transaction_id": "T",
    },
    "items": [{"item_id": "a", "price": 1.5, "quantity": "1", "item_params": []}],
    "is_active_user": True,
    "publisher": None,
}
"""Columns that tell nothing which is kept."""


def test_the_other_published_columns_change_nothing(read: Read, tmp_path: Path):
    plain = read(a_file(tmp_path / "a.jsonl", a_row()))
    assert read(a_file(tmp_path / "b.jsonl", a_row() | PUBLISHED)) == plain


def test_parameters_may_be_nothing(rows: Rows, tmp_path: Path):
    ((_, found),) = rows(a_file(tmp_path / "a.jsonl", a_row() | {"event_params": None}))
    assert str(found) == "events without a page, such as those of apps"


@pytest.mark.parametrize("is_wrapped", [False, True])
def test_parquet_tells_the_same_as_json_lines(read: Read, tmp_path: Path, is_wrapped: bool):
    written = [a_row() | PUBLISHED, a_row({"plan": {"int_value": 3}}, event_name="sign_up")]
    expected = read(a_file(tmp_path / "a.jsonl", *written))
    assert read(a_parquet_file(tmp_path / "a.parquet", written, is_wrapped)) == expected


def test_a_damaged_parquet_file_is_refused(rows: Rows, tmp_path: Path):
    file = a_parquet_file(tmp_path / "a.parquet", [a_row()] * 3000, False)
    content = file.read_bytes()
    file.write_bytes(content[:60] + bytes(200) + content[260:])
    with pytest.raises(Unreadable, match="damaged behind row 0"):
        rows(file)


def test_what_is_not_set_is_unknown(read: Read, tmp_path: Path):
    nothing = dict.fromkeys(("country", "region", "city"), "(not set)")
    (event,) = read(a_file(tmp_path / "a.jsonl", a_row(geo=nothing, device=None)))
    assert (event.country_code, event.region, event.city, event.browser) == (None,) * 4


def test_bad_rows_are_named(rows: Rows, tmp_path: Path):
    file = a_file(
        tmp_path / "a.jsonl",
        a_row(),
        a_row(event_timestamp="soon"),
        a_row(event_name=7),
        a_row({"page_location": {"string_value": "https://"}}),
    )
    bad = [(number, str(row)) for number, row in rows(file) if isinstance(row, BadRow)]
    assert bad == [
        (2, "event_timestamp is not a time: 'soon'"),
        (3, "it is no event of Analytics: Expected `str`, got `int` - at `$.event_name`"),
        (4, "the page is none: the URL has no host"),
    ]
