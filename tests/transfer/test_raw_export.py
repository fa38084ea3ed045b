"""The export of raw events: complete, in order, as it was, and nothing left behind."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.model import Event
from mallard.store.parquet.columns import COLUMNS
from mallard.transfer import sorting
from mallard.transfer.csv_records import records
from mallard.transfer.formats import Format
from mallard.transfer.rows import BadRow
from mallard.transfer.sources import opened
from mallard.wsgi import application
from tests.builders import NOON, an_event, store_events
from tests.conftest import stored_events
from tests.waiting import PATIENCE_SECS

pytestmark = pytest.mark.thorough

URL = "/api/export/events?site_id=example.com"

Visit = Callable[..., None]


def leftovers(mallard: Mallard) -> list[Path]:
    directory = mallard.directory.path / "tmp"
    return list(directory.iterdir()) if directory.exists() else []


def paths(client: Client, more: str = "") -> list[str]:
    lines = client.get(f"{URL}&format=jsonl{more}").text.splitlines()
    return [json.loads(line)["pathname"] for line in lines]


def test_all_events_come_oldest_first_hot_and_cold_and_those_that_wait(
    client: Client, visit: Visit, mallard: Mallard
):
    visit("/today")
    mallard.flusher.roll()
    store_events(mallard.store, "old", [an_event(NOON - timedelta(days=900), "/old")])
    visit("/waiting")
    assert paths(client) == ["/old", "/today", "/waiting"]


def test_csv_has_all_documented_columns_under_a_header(client: Client, visit: Visit):
    visit("/a", ra=12.5, rc="eur")
    answer = client.get(URL)
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert tuple(row) == COLUMNS
    assert row["timestamp"] == "2026-03-18T12:00:00.000000Z"
    assert (row["pathname"], row["revenue_amount"]) == ("/a", "12.50")


def test_amounts_are_whole_beside_a_file_with_others(
    start: Callable[..., Mallard], client: Client, visit: Visit, mallard: Mallard
):
    visit("/a", ra=12.5, rc="eur")
    mallard.stop(PATIENCE_SECS)
    (file,) = mallard.directory.path.rglob("*.parquet")
    odd = file.with_name("0000.parquet")
    duckdb.sql(
        "copy (select * replace ('/odd' as pathname, 50 as revenue_amount)"
        f" from read_parquet('{file}', hive_partitioning = false)) to '{odd}' (format parquet)"
    )
    rows = Client(application(start())).get(f"{URL}&format=jsonl").text.splitlines()
    amounts = {row["pathname"]: row["revenue_amount"] for row in map(json.loads, rows)}
    assert amounts == {"/a": 12.5, "/odd": 50}


def test_csv_tells_null_from_the_empty_text_and_holds_no_formula(client: Client, mallard: Mallard):
    event = an_event(city="", region="=1+1", referrer="'quoted", revenue_amount="-1.00")
    store_events(mallard.store, "b", [event])
    line = client.get(URL).text.splitlines()[1]
    assert ",''quoted,,,,,,,,,,,,,,'=1+1,\"\",,-1.00," in line


def test_excel_gets_a_mark_that_it_is_utf_8_and_the_same_rows(
    client: Client, mallard: Mallard, tmp_path: Path
):
    odd = [
        an_event(city="Zürich", region="\uff1d1+1"),
        an_event(NOON - timedelta(days=1), city="=2"),
    ]
    store_events(mallard.store, "b", odd)
    plain, excel = (client.get(f"{URL}&format={form}") for form in ("csv", "excel"))
    assert excel.data == "\ufeff".encode() + plain.data
    assert (excel.mimetype, excel.headers["Content-Disposition"]) == (
        "text/csv",
        'attachment; filename="example.com_events_all.csv"',
    )
    assert ",'\uff1d1+1,Zürich," in excel.text
    file = tmp_path / "from-excel.csv"
    file.write_bytes(excel.data)
    with opened(file) as (source, _):
        cities = [row["city"] for _, row in source.rows() if isinstance(row, Mapping)]
    assert cities == ["=2", "Zürich"]


@pytest.mark.parametrize("begin", ["\uff1d", "\ufe63", " =", "\u3000@", "\ufeff=", "\n=", "'="])
def test_nothing_before_a_formula_hides_it_and_it_comes_back_as_it_was(
    client: Client, mallard: Mallard, begin: str
):
    store_events(mallard.store, "b", [an_event(region=f"{begin}1+1")])
    exported = client.get(URL).data
    shown = next(csv.DictReader(io.StringIO(exported.decode(), newline="")))
    assert shown["region"] == f"'{begin}1+1"
    ((_, names), (_, fields)) = records(io.BytesIO(exported))
    assert not isinstance(names, BadRow) and not isinstance(fields, BadRow)
    assert fields[names.index("region")] == f"{begin}1+1"


def test_parquet_restores_every_value_and_type(
    client: Client, mallard: Mallard, nasty_events: list[Event], tmp_path: Path
):
    file = tmp_path / "all.parquet"
    file.write_bytes(client.get(f"{URL}&format=parquet").data)
    rows = duckdb.sql(f"select * from '{file}'")
    assert rows.columns == list(COLUMNS)
    expected = [tuple(event[c] for c in COLUMNS) for event in stored_events(mallard)]
    assert rows.fetchall() == expected
    assert len(expected) == len(nasty_events)


@pytest.mark.parametrize("form", Format)
def test_a_busy_day_is_sorted_slice_by_slice(
    client: Client, mallard: Mallard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: Format
):
    monkeypatch.setattr(sorting, "SLICE_ROWS", 5)
    moments = [NOON + timedelta(minutes=n * 7 % 60, hours=-(n % 2)) for n in range(60)]
    moments += [NOON] * 12
    events = [an_event(at, f"/{n:02}") for n, at in enumerate(moments)]
    store_events(mallard.store, "b", events)
    file = tmp_path / f"all.{form}"
    file.write_bytes(client.get(f"{URL}&format={form}").data)
    found = duckdb.sql(f"select pathname from '{file}'").fetchall()
    in_order = sorted(events, key=lambda event: (event.timestamp, event.pathname))
    assert [path for (path,) in found] == [event.pathname for event in in_order]


@pytest.mark.parametrize("form", Format)
def test_a_site_without_events_has_an_export_without_rows(
    client: Client, form: Format, tmp_path: Path
):
    answer = client.get(f"/api/export/events?site_id=nobody.example&format={form}")
    assert answer.status_code == 200
    if form is Format.PARQUET:
        (tmp_path / "none.parquet").write_bytes(answer.data)
        assert duckdb.sql(f"from '{tmp_path / 'none.parquet'}'").columns == list(COLUMNS)
    else:
        assert answer.text == {"csv": ",".join(COLUMNS) + "\n", "jsonl": ""}[form]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ["/old", "/yesterday", "/today"]),
        ("&period=today", ["/today"]),
        ("&period=7d", ["/yesterday", "/today"]),
        ("&start_date=2020-01-01&end_date=2026-03-18", ["/old", "/yesterday"]),
        ("&start_date=2026-03-17", ["/yesterday", "/today"]),
        ("&end_date=2026-03-17", ["/old"]),
        ("&start_date=2026-03-17&end_date=2026-03-17", []),
    ],
)
def test_a_period_of_any_length_may_be_asked_for(
    client: Client, mallard: Mallard, asked: str, found: list[str]
):
    ages = {"/old": 900, "/yesterday": 1, "/today": 0}
    events = [an_event(NOON - timedelta(days=age), path) for path, age in ages.items()]
    store_events(mallard.store, "b", events)
    assert paths(client, asked) == found


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("site_id=example.com&format=xml", "format"),
        ("site_id=", "site_id"),
        ("site_id=a/b", "site_id"),
        ("site_id=example.com&period=ever", "period"),
        ("site_id=example.com&start_date=1.1.2026", "start_date"),
        ("site_id=example.com&start_date=2026-02-02&end_date=2026-02-01", "end_date"),
        ("site_id=example.com&filter=page==/a", "filter"),
    ],
)
def test_what_cannot_be_exported_is_refused_with_the_reason(client: Client, asked: str, named: str):
    answer = client.get(f"/api/export/events?{asked}")
    assert answer.status_code == 400
    assert answer.json is not None
    assert named in answer.json["error"]


def test_the_file_gets_a_name_that_is_safe_anywhere(client: Client):
    answer = client.get("/api/export/events?site_id=-a:80&format=jsonl")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a-80_events_all.jsonl"'
    assert answer.mimetype == "application/x-ndjson"


@pytest.mark.parametrize(
    ("asked", "days"),
    [
        ("period=today", "2026-03-18_2026-03-18"),
        ("start_date=2026-01-01&end_date=2026-02-01", "2026-01-01_2026-01-31"),
        ("start_date=2026-01-01&end_date=2026-01-01", "2026-01-01_2026-01-01"),
        ("start_date=2026-01-01", "2026-01-01_end"),
        ("end_date=2026-02-01", "begin_2026-01-31"),
        ("", "all"),
    ],
)
def test_the_name_of_the_file_tells_the_days_in_it(client: Client, asked: str, days: str):
    answer = client.get(f"/api/export/events?site_id=a.example&{asked}")
    name = f"a.example_events_{days}.csv"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'


@pytest.mark.parametrize("form", Format)
def test_nothing_is_left_behind(
    client: Client, mallard: Mallard, nasty_events: list[Event], form: Format
):
    client.get(f"{URL}&format={form}").close()
    assert leftovers(mallard) == []


@pytest.mark.parametrize("form", Format)
def test_nothing_is_left_behind_when_the_client_goes_away(
    client: Client, mallard: Mallard, nasty_events: list[Event], form: Format
):
    answer = client.get(f"{URL}&format={form}", buffered=False)
    next(answer.iter_encoded())
    answer.close()
    assert leftovers(mallard) == []


def test_a_third_export_at_the_same_time_is_put_off(client: Client, nasty_events: list[Event]):
    running = [client.get(URL, buffered=False) for _ in range(2)]
    assert client.get(URL).status_code == 429
    for answer in running:
        answer.close()
    assert client.get(URL).status_code == 200


def test_no_time_limit_of_reports_ends_an_export(start: Callable[..., Mallard]):
    mallard = start(query_timeout_secs=0)
    store_events(mallard.store, "b", [an_event()])
    assert paths(Client(application(mallard))) == ["/"]


def test_a_file_that_cannot_be_read_costs_the_export_only_itself(
    client: Client, mallard: Mallard, visit: Visit
):
    visit("/lost", at=NOON - timedelta(days=1))
    visit("/kept", at=NOON)
    mallard.flusher.roll()
    (file,) = mallard.directory.path.glob("events/*/date=2026-03-17/*.parquet")
    file.write_bytes(b"PAR1 and nothing else PAR1")
    assert paths(client) == ["/kept"]
    assert mallard.store.cold.quarantined() == 1
