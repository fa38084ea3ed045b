"""The operator's figures: page, files and JSON say the same, and it is what happened."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.config import Portal, Project
from mallard.portal.recording import Name, Visitor
from mallard.reports.tally import DayCount
from mallard.web.portal.figures import in_buckets
from mallard.wsgi import application
from tests.conftest import NOON, Clock, visits

TOKEN = {"Authorization": "Bearer token"}
SOMEBODY = Visitor("203.0.113.7", "git/2.47")
Record = Callable[..., None]


@pytest.fixture
def portal() -> Portal:
    return Portal(
        tools=("pets", "prospects"),
        projects={
            "pets": Project(downloads=Path("/srv/pets"), git="https://git.example.org/pets.git"),
            "prospects": Project(git="https://git.example.org/prospects.git"),
        },
    )


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return {**settings, "metrics_token": "token"}


@pytest.fixture
def record(mallard: Mallard, clock: Clock) -> Record:
    """Records something so many days ago, so many times."""

    def record_some(days_ago: int, name: Name, times: int = 1, **props: Any) -> None:
        clock.now = NOON - timedelta(days=days_ago)
        assert mallard.recorder is not None
        for _ in range(times):
            mallard.recorder.record(name, props, SOMEBODY, "/page")

    return record_some


@pytest.fixture
def happened(record: Record, clock: Clock) -> None:
    """Something of everything, at the edges of the spans too."""
    for days_ago, times in ((400, 1), (90, 2), (89, 4)):
        record(days_ago, Name.DOWNLOAD, times, project="pets", version="v1")
    record(50, Name.DOWNLOAD, 5, project="pets", version="v2")
    record(40, Name.TOOL_DOWNLOAD, 1, tool="prospects")
    for days_ago, times in ((30, 8), (29, 16), (0, 32)):
        record(days_ago, Name.DOWNLOAD, times, project="pets", version="v1")
    record(0, Name.CLONE, 3, project="prospects")
    record(0, Name.TOOL_UPLOAD, 2, tool="pets")
    record(0, Name.CATEGORY_VIEW, 2, detail="maps")
    record(0, Name.SEARCH, 3, detail="beetle", result_count=7)
    record(0, Name.SEARCH, 2, detail="<b>nothing</b>", result_count=0)
    record(0, Name.SEARCH, 1, detail="beetle", result_count=0)
    record(0, Name.DIFF_VIEW, 1, detail="v1..v2")
    clock.now = NOON


def told(client: Client, path: str, **args: str) -> Any:
    response = client.get(f"/api/portal/{path}", query_string=args, headers=TOKEN)
    assert response.status_code == 200, response.text
    return response.json


def table(client: Client, path: str, **args: str) -> list[list[str]]:
    """The rows of a file, without their head."""
    response = client.get(f"/portal/{path}.csv", query_string=args, headers=TOKEN)
    assert response.mimetype == "text/csv"
    name = path.replace("/", "-")
    assert response.headers["Content-Disposition"] == f'attachment; filename="{name}.csv"'
    return list(csv.reader(io.StringIO(response.text)))[1:]


@pytest.mark.parametrize(("days", "v1", "v2"), [("30", 48, 0), ("90", 60, 5), ("all", 63, 5)])
def test_downloads_are_counted_in_each_span(
    client: Client, happened: None, days: str, v1: int, v2: int
):
    versions = [{"project": "pets", "version": "v1", "count": v1}]
    versions += [{"project": "pets", "version": "v2", "count": v2}] if v2 else []
    assert told(client, "downloads", days=days) == {
        "total": v1 + v2,
        "days": days,
        "projects": [{"project": "pets", "count": v1 + v2}],
        "versions": versions,
    }


def test_without_days_it_is_the_last_thirty(client: Client, happened: None):
    assert told(client, "downloads") == told(client, "downloads", days="30")


def test_the_other_subjects_have_their_rows(client: Client, happened: None):
    assert told(client, "clones") == {
        "total": 3,
        "days": "30",
        "projects": [{"project": "prospects", "count": 3}, {"project": "pets", "count": 0}],
    }
    assert told(client, "tool-usage", days="all") == {
        "total": 3,
        "days": "all",
        "tools": [
            {"tool": "pets", "event": "upload", "count": 2},
            {"tool": "prospects", "event": "download", "count": 1},
            {"tool": "pets", "event": "download", "count": 0},
            {"tool": "prospects", "event": "upload", "count": 0},
        ],
    }
    assert told(client, "catalog") == {
        "total": 9,
        "days": "30",
        "events": [
            {"event": "search", "count": 6},
            {"event": "category_view", "count": 2},
            {"event": "diff_view", "count": 1},
        ],
        "categories": [{"category": "maps", "count": 2}],
        "searches": [
            {"search": "beetle", "count": 4},
            {"search": "<b>nothing</b>", "count": 2},
        ],
        "searches_without_results": [
            {"search": "<b>nothing</b>", "count": 2},
            {"search": "beetle", "count": 1},
        ],
    }


def test_a_file_has_every_span_and_is_in_the_order_asked_for(client: Client, happened: None):
    rows = [["pets", "v1", "48", "60", "63"], ["pets", "v2", "0", "5", "5"]]
    assert table(client, "downloads/versions") == rows
    assert table(client, "tool-usage/tools", days="90")[0] == ["pets", "upload", "2", "2", "2"]


def test_no_text_in_a_file_is_a_formula(client: Client, record: Record):
    record(0, Name.SEARCH, detail="=1+1", result_count=0)
    assert table(client, "catalog/searches") == [["'=1+1", "1", "1", "1"]]


def test_the_page_shows_the_rows_of_the_files(client: Client, happened: None):
    page = client.get("/portal?days=all", headers=TOKEN).text
    files = re.findall(r'href="/portal/([a-z/-]+)\.csv\?days=all"', page)
    assert len(files) == len(set(files)) == 8
    shown = Counter(re.findall(r'<td class="number">([\d,]+)</td>', page))
    for file in files:
        for row in table(client, file, days="all"):
            shown.subtract(row[-3:])
    # What is left are the figures of the pages.
    assert min(shown.values()) >= 0
    assert "&lt;b&gt;nothing&lt;/b&gt;" in page and "<b>nothing" not in page


def test_a_list_without_an_end_shows_its_first_and_the_file_has_all(client: Client, record: Record):
    for number in range(12):
        record(0, Name.SEARCH, 12 - number, detail=f"search {number:02}", result_count=1)
    searches = told(client, "catalog")["searches"]
    assert [row["search"] for row in searches] == [f"search {n:02}" for n in range(10)]
    page = client.get("/portal", headers=TOKEN).text
    assert "search 09" in page and "search 10" not in page and "first 10" in page
    assert len(table(client, "catalog/searches")) == 12


def test_what_is_first_depends_on_the_span(client: Client, record: Record):
    record(200, Name.CATEGORY_VIEW, 5, detail="old")
    record(60, Name.CATEGORY_VIEW, 2, detail="middle")
    record(0, Name.CATEGORY_VIEW, 1, detail="new")
    for days, order in (("30", "new"), ("90", "middle"), ("all", "old")):
        assert table(client, "catalog/categories", days=days)[0][0] == order


def test_an_empty_portal_has_zeros_for_what_is_set_up(client: Client):
    assert told(client, "downloads")["projects"] == [{"project": "pets", "count": 0}]
    page = client.get("/portal", headers=TOKEN)
    assert page.status_code == 200 and page.text.count("Nothing yet.") == 4


def test_a_browser_gets_the_page_at_metrics_too(client: Client, happened: None):
    headers = TOKEN | {"Accept": "text/html"}
    assert client.get("/metrics", headers=headers).text == client.get("/portal", headers=TOKEN).text


@pytest.mark.parametrize("path", ["/portal", "/portal/clones/projects.csv", "/api/portal/clones"])
def test_other_days_are_400(client: Client, path: str):
    for days in ("7", "-1", "x" * 100):
        response = client.get(path, query_string={"days": days}, headers=TOKEN)
        assert response.status_code == 400 and "days must be one of" in response.text


@pytest.mark.parametrize("path", ["/portal/x/y.csv", "/portal/clones/versions.csv", "/portal/x"])
def test_other_tables_are_404(client: Client, path: str):
    assert client.get(path, headers=TOKEN).status_code == 404


def test_the_pages_are_those_that_people_looked_at(client: Client, clock: Clock, happened: None):
    visit = visits(client, clock)
    visit("/tools", site="portal", times=3)
    page = client.get("/portal", headers=TOKEN).text
    (row,) = re.findall(r'<th scope="row">Visitors</th>(.*)</tr>', page)
    assert re.findall(r">(\d+)<", row) == ["1", "1", "1"]
    (row,) = re.findall(r'<th scope="row">Pageviews</th>(.*)</tr>', page)
    assert re.findall(r">(\d+)<", row) == ["3", "3", "3"]
    assert 'href="/?site_id=portal"' in page


def test_the_pages_may_be_those_of_another_site(start, clock: Clock, portal: Portal):
    changed = Portal(tools=portal.tools, pages_site_id="software.example")
    client = Client(application(start(portal=changed)))
    visits(client, clock)("/", site="software.example", times=2)
    page = client.get("/portal", headers=TOKEN).text
    assert 'href="/?site_id=software.example"' in page
    (row,) = re.findall(r'<th scope="row">Pageviews</th>(.*)</tr>', page)
    assert re.findall(r">(\d+)<", row) == ["2", "2", "2"]


def test_a_trend_has_a_point_for_each_day_and_of_many_days_for_several():
    last = date(2026, 3, 18)

    def on(days_ago: int, count: int) -> DayCount:
        return DayCount("download", last - timedelta(days=days_ago), count)

    assert in_buckets([on(2, 5), on(0, 1), on(0, 2)], last - timedelta(days=3), last) == [
        0,
        5,
        0,
        3,
    ]
    assert in_buckets([], last, last) == [0]
    many = in_buckets([on(n, 1) for n in range(1000)], last - timedelta(days=999), last)
    assert sum(many) == 1000 and many == [1, *[9] * 111] and len(many) <= 120


def test_the_menu_of_every_page_leads_to_it(client: Client) -> None:
    assert '<a href="/portal">Portal</a>' in client.get("/settings").text
