"""Exports of days as other products write them, small ones."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

COLUMNS: Mapping[str, str] = {
    "visitors": "date,visitors,pageviews,bounces,visits,visit_duration",
    "sources": "date,source,referrer,utm_source,utm_medium,utm_campaign,utm_content,utm_term,"
    "pageviews,visitors,visits,visit_duration,bounces",
    "pages": "date,hostname,page,visits,visitors,pageviews,total_scroll_depth,"
    "total_scroll_depth_visits",
    "entry_pages": "date,entry_page,visitors,entrances,visit_duration,bounces,pageviews",
    "exit_pages": "date,exit_page,visitors,visit_duration,exits,bounces,pageviews",
    "custom_events": "date,name,link_url,path,visitors,events",
    "locations": "date,country,region,city,visitors,visits,visit_duration,bounces,pageviews",
    "devices": "date,device,visitors,visits,visit_duration,bounces,pageviews",
    "browsers": "date,browser,browser_version,visitors,visits,visit_duration,bounces,pageviews",
    "operating_systems": "date,operating_system,operating_system_version,visitors,visits,"
    "visit_duration,bounces,pageviews",
}
"""The ten tables of Plausible."""

Rows = Sequence[Sequence[Any]]
DAY, NEXT_DAY = "2026-02-01", "2026-02-02"
USUAL: Mapping[str, Rows] = {
    "visitors": [(DAY, 10, 25, 4, 12, 600), (NEXT_DAY, 5, 6, 5, 5, 0)],
    "sources": [
        (DAY, "Google", "google.com", "", "", "", "", "", 15, 6, 7, 400, 2),
        (DAY, "Direct / None", "", "", "", "", "", "", 10, 4, 5, 200, 2),
        (NEXT_DAY, "News", "", "news", "email", "spring", "", "", 6, 5, 5, 0, 5),
    ],
    "pages": [
        (DAY, "example.com", "/", 8, 8, 15, 0, 0),
        (DAY, "example.com", "/caf%C3%A9", 4, 4, 10, 0, 0),
        (NEXT_DAY, "example.com", "/", 5, 5, 6, 0, 0),
    ],
    "entry_pages": [(DAY, "/", 10, 12, 600, 4, 25), (NEXT_DAY, "/", 5, 5, 0, 5, 6)],
    "exit_pages": [(DAY, "/café", 6, 300, 7, 2, 12), (DAY, "/", 4, 300, 5, 2, 13)],
    "custom_events": [(DAY, "Signup", "", "", 2, 3), (DAY, "engagement", "", "", 9, 40)],
    "locations": [
        (DAY, "US", "US-CA", 5391959, 7, 8, 400, 2, 18),
        (DAY, "DE", "", 0, 3, 4, 200, 2, 7),
        (NEXT_DAY, "", "", 0, 5, 5, 0, 5, 6),
    ],
    "devices": [(DAY, "Desktop", 6, 7, 400, 2, 15), (DAY, "Laptop", 4, 5, 200, 2, 10)],
    "browsers": [(DAY, "Chrome", "120.0", 10, 12, 600, 4, 25)],
    "operating_systems": [(DAY, "Mac", "10.15", 10, 12, 600, 4, 25)],
}


def plausible_tables(tables: Mapping[str, Rows] = USUAL) -> dict[str, str]:
    """The tables as texts, by the names that they have in the archive."""
    return {
        f"imported_{name}_20260201_20260202.csv": csv_text(COLUMNS[name].split(","), rows)
        for name, rows in tables.items()
    }


def plausible_zip(path: Path, tables: Mapping[str, Rows] = USUAL) -> Path:
    """An archive of these tables."""
    return zipped(path, plausible_tables(tables))


def zipped(path: Path, members: Mapping[str, str]) -> Path:
    """A zip archive."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def csv_text(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """CSV as ClickHouse writes it: texts in quotes, numbers bare."""
    text = io.StringIO()
    write = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n").writerow
    write(header)
    for row in rows:
        write(row)
    return text.getvalue()


def goatcounter_zip(path: Path, version: str = "1.0", **changes: Rows) -> Path:
    """GoatCounter's JSON export, in a folder as it is there."""
    members: dict[str, Any] = {
        "info.json": {"export_version": version, "created_for": "example"},
        "paths.jsonl": [
            {"id": 1, "path": "/", "title": "Home"},
            {"id": 2, "path": "/about", "title": "About"},
            {"id": 3, "path": "signup", "title": "", "event": True},
        ],
        "refs.jsonl": [
            {"id": 1, "ref": "", "ref_scheme": "o"},
            {"id": 2, "ref": "www.google.com/search", "ref_scheme": "h"},
        ],
        "browsers.jsonl": [{"id": 1, "name": "Firefox", "version": "115"}],
        "systems.jsonl": [{"id": 1, "name": "Windows", "version": "10"}],
        "locations.jsonl": [],
        "languages.jsonl": [],
        "hit_stats.jsonl": [
            {"hour": "2026-02-01T09:00:00Z", "path_id": 1, "ref_id": 2, "count": 4},
            {"hour": "2026-02-01T23:00:00Z", "path_id": 1, "ref_id": 1, "count": 2},
            {"hour": "2026-02-01T10:00:00Z", "path_id": 2, "ref_id": 1, "count": 3},
            {"hour": "2026-02-01T10:00:00Z", "path_id": 3, "ref_id": 1, "count": 5},
        ],
        "browser_stats.jsonl": [
            {"day": DAY, "path_id": 1, "browser_id": 1, "count": 6},
            {"day": DAY, "path_id": 3, "browser_id": 1, "count": 5},
        ],
        "system_stats.jsonl": [{"day": DAY, "path_id": 1, "system_id": 1, "count": 6}],
        "location_stats.jsonl": [
            {"day": DAY, "path_id": 1, "location": "US-TX", "count": 4},
            {"day": DAY, "path_id": 1, "location": "", "count": 2},
        ],
        "language_stats.jsonl": [],
        "size_stats.jsonl": [{"day": DAY, "path_id": 1, "width": 390, "count": 6}],
        **changes,
    }
    texts = {
        f"goatcounter-export-1/{name}": json.dumps(held)
        if isinstance(held, dict)
        else "".join(json.dumps(row) + "\n" for row in held)
        for name, held in members.items()
    }
    return zipped(path, texts)


GA4_REPORTS = {
    "days.csv": """# ----------------------------------------
# Free form 1
# Days
# 20260201-20260202
# ----------------------------------------

Date,Total users,Views,Sessions,Bounce rate,Average session duration
,15,31,17,0.5,35.3,Grand total
20260201,10,25,12,0.25,50
20260202,5,6,5,0.4,0
""",
    "pages.csv": """Date,Page path and screen class,Total users,Views
20260201,/,8,15
20260201,/café,4,10
20260202,/,5,6
""",
    "sources.csv": """date,sessionSource,sessionMedium,totalUsers,sessions,engagedSessions
20260201,google,organic,6,7,5
20260201,(direct),(none),4,5,5
20260202,news,email,5,5,0
""",
    "places.csv": """Date,Country,City,Total users
20260201,Germany,Berlin,3
20260201,United States,Austin,7
20260202,(not set),(not set),5
""",
}


def ga4_reports(folder: Path) -> list[Path]:
    """Reports of Analytics, one file for each."""
    paths = []
    for name, text in GA4_REPORTS.items():
        paths.append(folder / name)
        paths[-1].write_text(text)
    return paths


FATHOM = """
create table sites (id integer primary key, tracking_id varchar(8), name varchar(100) not null);
create table hostnames (id integer primary key, name varchar(255));
create table pathnames (id integer primary key, name varchar(255));
create table site_stats (site_id integer, pageviews integer, visitors integer, sessions integer,
    bounce_rate float, known_durations integer, avg_duration float, ts datetime);
create table page_stats (site_id integer, hostname_id integer, pathname_id integer,
    pageviews integer, visitors integer, entries integer, bounce_rate float,
    known_durations integer, avg_duration float, ts datetime);
create table referrer_stats (site_id integer, hostname_id integer, pathname_id integer,
    groupname varchar(255), pageviews integer, visitors integer, bounce_rate float,
    known_durations integer, avg_duration float, ts datetime);
insert into sites values (1, 'ABCDE', 'example.com');
insert into hostnames values (1, 'https://example.com'), (2, 'https://www.google.com');
insert into pathnames values (1, '/'), (2, '/about'), (3, '/search');
insert into site_stats values
    (1, 20, 8, 10, 0.3, 10, 50.0, '2026-02-01 09:00:00'),
    (1, 5, 2, 2, 0.5, 5, 20.0, '2026-02-01 23:00:00'),
    (1, 6, 5, 5, 1.0, 0, 0.0, '2026-02-02 10:00:00');
insert into page_stats values
    (1, 1, 1, 15, 8, 10, 0.3, 1, 1.0, '2026-02-01 09:00:00'),
    (1, 1, 2, 10, 4, 2, 0.5, 1, 1.0, '2026-02-01 23:00:00');
insert into referrer_stats values
    (1, 2, 3, 'Google', 9, 6, 0.3, 1, 1.0, '2026-02-01 09:00:00');
"""


def fathom_database(path: Path, more: str = "") -> Path:
    """Fathom Lite's database."""
    database = sqlite3.connect(path)
    database.executescript(FATHOM + more)
    database.close()
    return path
