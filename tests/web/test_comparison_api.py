"""`compare=`: figures of another period beside those asked for, and by how much they changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import Client

from tests.conftest import NOON, Shared

YESTERDAY = NOON - timedelta(days=1)
STEPS = "page:/a,page:/b"
REPORTS: dict[str, dict[str, str]] = {
    "main": {},
    "sessions": {},
    "sequences": {"steps": STEPS},
    "timeseries": {},
    "timeseries/sessions": {},
    "breakdown/pages": {},
    "breakdown/entry_pages": {},
    "revenue": {},
    "funnel": {"steps": STEPS},
    "flow": {"page": "/a"},
}
COMPARED_WAYS = ("previous", "year", "2026-03-17..2026-03-18")


def stats(client, report: str, **query: Any):
    """The answer to a question about example.com's today, unless `query` says otherwise."""
    sent = {"site_id": "example.com", "period": "day", **REPORTS.get(report, {}), **query}
    return client.get(f"/api/stats/{report}", query_string=sent)


@pytest.fixture(scope="module")
def busy(shared: Shared) -> Client:
    """Two visitors yesterday, three today; one of them goes from /a to /b, today to /c as well."""
    visit = shared.visit
    visit("/a", visitor=1, at=YESTERDAY)
    visit("/b", visitor=1)
    visit("/a", visitor=2, ra=10)
    for visitor in (1, 2, 3):
        visit("/a", visitor=visitor, at=NOON + timedelta(minutes=visitor))
    visit("/b", visitor=1)
    visit("/c", visitor=2, ra=10)
    return shared.client


def test_the_headline_figures(busy) -> None:
    found = stats(busy, "main", compare="previous").json
    comparison, changes = found.pop("comparison"), found.pop("change")
    assert found == stats(busy, "main").json
    dates = {"start_date": "2026-03-17", "end_date": "2026-03-18"}
    assert comparison == stats(busy, "main", **dates).json
    assert set(changes) == set(found)
    assert (changes["unique_visitors"], changes["sessions"]) == (0.5, 0.5)
    assert changes["total_pageviews"] == pytest.approx(2 / 3)


def test_a_day_that_goes_on_has_no_later_hours_beside_it(busy) -> None:
    rows = stats(busy, "timeseries", compare="previous").json
    assert [row["comparison"] is None for row in rows] == [False] * 13 + [True] * 11
    assert rows[12]["comparison"] == {"date": "2026-03-17 12:00", "visitors": 2, "pageviews": 3}


def test_sessions(busy) -> None:
    found = stats(busy, "sessions", compare="previous").json
    assert (found["total_sessions"], found["comparison"]["total_sessions"]) == (3, 2)
    assert found["change"]["total_sessions"] == 0.5


def test_sequences(busy) -> None:
    found = stats(busy, "sequences", compare="previous").json
    assert found["comparison"] == {
        "converting_visitors": 1,
        "total_visitors": 2,
        "conversion_rate": 0.5,
    }
    assert found["change"] == {
        "converting_visitors": 0,
        "total_visitors": 0.5,
        "conversion_rate": pytest.approx(-1 / 6),
    }


def test_each_bucket_stands_beside_the_one_at_its_place(busy) -> None:
    rows = stats(busy, "timeseries", compare="previous").json
    assert rows[12] == {
        "date": "2026-03-18 12:00",
        "visitors": 3,
        "pageviews": 5,
        "comparison": {"date": "2026-03-17 12:00", "visitors": 2, "pageviews": 3},
        "change": {"visitors": 0.5, "pageviews": pytest.approx(2 / 3)},
    }
    assert rows[0]["change"] == {"visitors": None, "pageviews": None}


def test_buckets_without_a_counterpart_have_none(busy) -> None:
    compared = {"period": "7d", "compare": "2026-03-17..2026-03-19"}
    rows = stats(busy, "timeseries", **compared).json
    assert [row["comparison"] and row["comparison"]["date"] for row in rows] == [
        "2026-03-17",
        "2026-03-18",
        *[None] * 5,
    ]
    assert rows[-1]["change"] == {"visitors": None, "pageviews": None}
    shorter = stats(busy, "timeseries", interval="day", compare="2026-03-01..2026-03-19").json
    assert [row["comparison"]["date"] for row in shorter] == ["2026-03-01"]


def test_session_figures_over_time(busy) -> None:
    (row,) = stats(busy, "timeseries/sessions", interval="day", compare="previous").json
    assert (row["date"], row["comparison"]["date"]) == ("2026-03-18", "2026-03-17")
    assert (row["sessions"], row["comparison"]["sessions"]) == (3, 2)
    assert row["change"]["sessions"] == 0.5


def test_values_stand_beside_themselves_however_far_down_they_were(busy) -> None:
    rows = stats(busy, "breakdown/pages", compare="previous", limit=3).json
    found = {row["value"]: (row["comparison"], row["change"]) for row in rows}
    assert found == {
        "/a": ({"value": "/a", "visitors": 2, "pageviews": 2}, {"visitors": 0.5, "pageviews": 0.5}),
        "/b": ({"value": "/b", "visitors": 1, "pageviews": 1}, {"visitors": 0, "pageviews": 0}),
        "/c": (
            {"value": "/c", "visitors": 0, "pageviews": 0},
            {"visitors": None, "pageviews": None},
        ),
    }
    (last,) = stats(busy, "breakdown/pages", compare="previous", order="value", offset=2).json
    assert last["comparison"] == {"value": "/c", "visitors": 0, "pageviews": 0}


def test_a_filter_holds_in_both_periods(busy) -> None:
    found = stats(busy, "main", compare="previous", filter="page==/b").json
    assert (found["total_pageviews"], found["comparison"]["total_pageviews"]) == (1, 1)


def test_steps_of_a_funnel(busy) -> None:
    rows = stats(busy, "funnel", compare="previous").json
    assert [row["comparison"]["visitors"] for row in rows] == [2, 1]
    assert [row["change"]["visitors"] for row in rows] == [0.5, 0]
    assert set(rows[1]["change"]) == {"visitors", "conversion_rate", "dropped"}
    assert [row["comparison"]["label"] for row in rows] == ["page:/a", "page:/b"]


def test_next_pages(busy) -> None:
    rows = stats(busy, "flow", compare="previous").json
    assert [(row["next_page"], row["comparison"]["visitors"]) for row in rows] == [
        ("/b", 1),
        ("/c", 0),
    ]
    assert [row["change"]["visitors"] for row in rows] == [0, None]


def test_a_next_page_that_was_not_among_the_first_ten_has_its_figures(client, visit) -> None:
    for number in range(12):
        for visitor in range(1 if number == 11 else 2):
            visit("/a", visitor=10 * number + visitor, at=YESTERDAY + timedelta(minutes=number))
            visit(f"/{number}", visitor=10 * number + visitor)
    visit("/a", at=NOON + timedelta(minutes=12))
    visit("/11")
    (row,) = stats(client, "flow", compare="previous").json
    assert (row["next_page"], row["comparison"]["visitors"]) == ("/11", 1)


def test_a_leap_day_is_compared_with_the_day_before_march(client, visit) -> None:
    visit("/", at=NOON.replace(year=2023, month=2, day=28))
    visit("/", at=NOON.replace(year=2024, month=2, day=29), times=2)
    dates = {"start_date": "2024-02-29", "end_date": "2024-03-01"}
    (row,) = stats(client, "timeseries", compare="year", **dates).json
    assert row == {
        "date": "2024-02-29",
        "visitors": 1,
        "pageviews": 2,
        "comparison": {"date": "2023-02-28", "visitors": 1, "pageviews": 1},
        "change": {"visitors": 0, "pageviews": 1},
    }


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("choice", COMPARED_WAYS)
def test_every_report_can_be_compared_in_every_way(busy, report: str, choice: str) -> None:
    plain = stats(busy, report).json
    found = stats(busy, report, compare=choice).json
    rows = found if isinstance(found, list) else [found]
    assert rows
    assert all({"comparison", "change"} < set(row) for row in rows)
    for row in rows:
        assert list(row.pop("comparison") or row.pop("change"))
        row.pop("change", None)
    assert found == plain


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize(
    "choice", ["next", "2026-03-18", "2026-03-18..2026-03-17", "2024-01-01..2026-01-01", "''..''"]
)
def test_a_bad_comparison_is_400_and_named(onlooker, report: str, choice: str) -> None:
    response = stats(onlooker, report, compare=choice)
    assert (response.status_code, set(response.json)) == (400, {"error"})
    assert "compare" in response.json["error"]


@pytest.mark.parametrize("report", REPORTS)
def test_an_empty_comparison_is_none(busy, report: str) -> None:
    assert stats(busy, report, compare="").data == stats(busy, report).data


def test_retention_and_realtime_have_nothing_to_compare(busy) -> None:
    for report in ("retention", "realtime"):
        compared = stats(busy, report, compare="nonsense")
        assert (compared.status_code, compared.data) == (200, stats(busy, report).data)
