"""Which rows of an import are taken, and why others are not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from mallard.model import microseconds
from mallard.transfer.rows import BadRow, to_event
from tests.builders import NOON

LATEST = microseconds(NOON + timedelta(days=1))
ROW: dict[str, Any] = {
    "site_id": "example.com",
    "visitor_id": "anything at all",
    "timestamp": "2026-03-18T12:00:00.000001Z",
    "event_name": "pageview",
    "pathname": "/",
}


def event(**cells: Any) -> dict[str, Any]:
    return msgspec.structs.asdict(to_event(ROW | cells, LATEST))


def reason(**cells: Any) -> str:
    with pytest.raises(BadRow) as caught:
        to_event(ROW | cells, LATEST)
    return str(caught.value)


def test_the_required_columns_are_enough():
    taken = event()
    assert {column: taken[column] for column in ROW if column != "timestamp"} | {
        "timestamp": ROW["timestamp"]
    } == ROW
    assert taken["timestamp"] == microseconds(NOON) + 1
    assert {value for column, value in taken.items() if column not in ROW} == {None}


def test_hosts_are_taken_in_the_spelling_in_which_pages_send_them():
    taken = event(
        hostname="müller.de", referrer_source="bücher.example", utm_source="bücher.example"
    )
    assert (taken["hostname"], taken["referrer_source"]) == (
        "xn--mller-kva.de",
        "xn--bcher-kva.example",
    )
    assert taken["utm_source"] == "bücher.example"
    assert event(referrer_source="Frühling")["referrer_source"] == "Frühling"


@pytest.mark.parametrize("column", ROW)
@pytest.mark.parametrize("value", [None, ""])
def test_a_required_column_must_say_something(column: str, value: str | None):
    assert reason(**{column: value}).startswith(f"{column} is ")


@pytest.mark.parametrize("site_id", ["a b", "a/b", "a..b", "é.example", "x" * 257])
def test_a_bad_site_id_is_refused(site_id: str):
    assert reason(site_id=site_id).startswith("site_id may hold")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-18T12:00:00Z", NOON),
        ("2026-03-18T12:00:00", NOON),
        ("2026-03-18 12:00:00.5", NOON + timedelta(seconds=0.5)),
        ("2026-03-18T14:00:00+02:00", NOON),
        ("2026-03-18", NOON - timedelta(hours=12)),
        ("1969-12-31T23:59:59.999999Z", datetime(1969, 12, 31, 23, 59, 59, 999999, UTC)),
        (microseconds(NOON), NOON),
        ("2026-03-19T12:00:00Z", NOON + timedelta(days=1)),
    ],
)
def test_times_are_utc_unless_they_say_otherwise(text: str | int, moment: datetime):
    assert event(timestamp=text)["timestamp"] == microseconds(moment)


@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "18.3.2026",
        "2026-13-01",
        1.5,
        True,
        [],
        -(1 << 62),
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_what_is_no_time_is_refused(value: object):
    assert reason(timestamp=value).startswith("timestamp is not a time")


def test_a_time_more_than_a_day_ahead_is_refused():
    assert reason(timestamp="2026-03-19T12:00:00.000001Z") == "timestamp is more than a day ahead"


@pytest.mark.parametrize(
    ("column", "longest"),
    [
        ("event_name", 256),
        ("utm_term", 256),
        ("referrer", 2048),
        ("pathname", 2048),
        ("visitor_id", 2048),
        ("country_code", 2),
        ("revenue_currency", 3),
        ("props", 4096),
    ],
)
def test_texts_have_a_longest_length(column: str, longest: int):
    fits, fits_not = "ü" * longest, "ü" * (longest + 1)
    if column == "props":
        fits, fits_not = (f'{{"a":"{"x" * (longest - 8 + more)}"}}' for more in (0, 1))
    assert event(**{column: fits})[column] == fits
    assert reason(**{column: fits_not}) == f"{column} is longer than {longest} characters"


@pytest.mark.parametrize("value", [1, b"x", ["x"]])
def test_a_text_must_be_one(value: object):
    assert reason(browser=value) == "browser is not a text"


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("12.5", "12.50"),
        (-3, "-3.00"),
        (0.005, "0.01"),
        (Decimal("1.00"), "1.00"),
        ("9999999999.99", "9999999999.99"),
        ("", None),
        (None, None),
    ],
)
def test_revenue_has_two_decimals(value: object, stored: str | None):
    assert event(revenue_amount=value)["revenue_amount"] == stored


@pytest.mark.parametrize("value", ["much", "NaN", "1e99", "-Infinity", "9999999999.995", True, []])
def test_revenue_that_does_not_fit_is_refused(value: object):
    assert reason(revenue_amount=value).startswith("revenue_amount must be a number within")


def test_props_are_kept_as_they_are_written():
    assert event(props='{ "a" : 1 }')["props"] == '{ "a" : 1 }'
    assert event(props={"a": "é"})["props"] == '{"a":"é"}'


@pytest.mark.parametrize("value", ["", "[]", "1", "{", r'{"a":"\ud800"}', 5, "[" * 5000])
def test_props_must_be_a_json_object(value: object):
    assert reason(props=value) == "props is not a JSON object"
