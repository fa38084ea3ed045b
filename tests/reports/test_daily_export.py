"""The export of daily figures: a row for each day, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from werkzeug.test import Client

from mallard.reports.export import ExportRow, as_csv
from tests.conftest import NOON

URL = "/api/stats/export?site_id=example.com&start_date=2026-03-16&end_date=2026-03-19"

Visit = Callable[..., None]


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_every_day_has_a_row_with_the_first_page_and_source_of_all(client: Client, visit: Visit):
    visit("/a", times=2, at=NOON - timedelta(days=2), r="https://news.ycombinator.com/")
    visit("/b", visitor=2, at=NOON, r="https://news.ycombinator.com/")
    visit("/b", visitor=3)
    assert rows(client.get(URL).text) == [
        ["date", "visitors", "pageviews", "top_page", "top_source"],
        ["2026-03-16", "1", "2", "/b", "Hacker News"],
        ["2026-03-17", "0", "0", "/b", "Hacker News"],
        ["2026-03-18", "2", "2", "/b", "Hacker News"],
    ]


def test_json_holds_the_same_rows_and_calls_no_source_direct(client: Client, visit: Visit):
    visit("/pricing")
    answer = client.get(f"{URL}&format=json")
    assert answer.json is not None
    assert answer.json[2] == {
        "date": "2026-03-18",
        "visitors": 1,
        "pageviews": 1,
        "top_page": "/pricing",
        "top_source": "(direct)",
    }
    assert len(answer.json) == 3


def test_one_day_is_one_row_though_its_chart_is_hourly(client: Client, visit: Visit):
    visit("/a")
    answer = client.get("/api/stats/export?site_id=example.com&period=day")
    assert rows(answer.text)[1:] == [["2026-03-18", "1", "1", "/a", "(direct)"]]


def test_a_site_without_data_has_zeros_and_no_top_page(client: Client):
    assert rows(client.get(URL).text)[1] == ["2026-03-16", "0", "0", "", ""]
    in_json = client.get(f"{URL}&format=json").json
    assert in_json is not None
    assert (in_json[0]["top_page"], in_json[0]["top_source"]) == (None, None)


def test_filters_count(client: Client, visit: Visit):
    visit("/a", visitor=1)
    visit("/b", visitor=2, times=3)
    answer = client.get(f"{URL}&filter=page==/a")
    assert rows(answer.text)[3] == ["2026-03-18", "1", "1", "/a", "(direct)"]


def test_the_compared_days_stand_beside_the_days(client: Client, visit: Visit):
    visit("/a", times=2, at=NOON - timedelta(days=4))
    visit("/b", at=NOON)
    compared = f"{URL}&compare=2026-03-14..2026-03-16"
    assert rows(client.get(compared).text) == [
        [
            *("date", "visitors", "pageviews", "top_page", "top_source"),
            *("compared_date", "compared_visitors", "compared_pageviews"),
        ],
        ["2026-03-16", "0", "0", "/b", "(direct)", "2026-03-14", "1", "2"],
        ["2026-03-17", "0", "0", "/b", "(direct)", "2026-03-15", "0", "0"],
        ["2026-03-18", "1", "1", "/b", "(direct)", "", "", ""],
    ]
    in_json = client.get(f"{compared}&format=json").json
    assert in_json is not None
    assert in_json[0]["comparison"]["date"] == "2026-03-14"
    assert in_json[0]["change"] == {"visitors": -1.0, "pageviews": -1.0}


def test_excel_gets_a_mark_that_it_is_utf_8_and_the_same_rows(client: Client, visit: Visit):
    visit("/\uff1dcmd", n="\uff1d1+1")
    plain, excel = (client.get(f"{URL}&format={form}").data for form in ("csv", "excel"))
    assert excel == b"\xef\xbb\xbf" + plain
    assert client.get("/details/events.csv?site_id=example.com&format=excel").data.startswith(
        "\ufeffevents,visitors,pageviews\n'\uff1d1+1,1,".encode()
    )


HIDDEN = [" =", "\u00a0=", "\u3000+", "\u200b=", "\ufeff=", "\u2028=", "\u00ad\uff1d", "\u202e="]
"""Formulas behind signs that nobody sees."""


@pytest.mark.parametrize(
    "start", [*"=+-@\t\r\n\v\f\x01\x1f\x85", *"\uff1d\uff0b\uff0d\uff20\ufe66\u2212", *HIDDEN]
)
def test_no_cell_is_a_formula(start: str):
    row = ExportRow("2026-03-18", 1, 1, f"{start}cmd|' /C calc'!A0", f'{start}a,"b"')
    ((_, _, _, page, source),) = rows(as_csv([row]))[1:]
    assert (page, source) == (f"'{start}cmd|' /C calc'!A0", f'\'{start}a,"b"')


@pytest.mark.parametrize(
    ("form", "mimetype", "name"),
    [
        ("csv", "text/csv", "example.com_days_2026-03-16_2026-03-18.csv"),
        ("excel", "text/csv", "example.com_days_2026-03-16_2026-03-18.csv"),
        ("json", "application/json", "example.com_days_2026-03-16_2026-03-18.json"),
    ],
)
def test_the_answer_is_a_file_to_download(client: Client, form: str, mimetype: str, name: str):
    answer = client.get(f"{URL}&format={form}")
    assert answer.mimetype == mimetype
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'


def test_another_format_is_refused(client: Client):
    answer = client.get(f"{URL}&format=xml")
    assert answer.status_code == 400
    assert answer.json == {"error": "format must be one of csv, excel, json"}
