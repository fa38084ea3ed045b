"""Days that were imported, as other products' clients read them: added, or said why not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from werkzeug.test import Client

from mallard.config.peers import Peers
from mallard.transfer.day_figures.rows import DayRow, Figures
from tests.conftest import NOON, kept_open
from tests.transfer.day_figures.taking_in import take_rows_in

SITE, ALONE = "example.com", "alone.example"
FIRST = date(2026, 3, 10)
SPAN = ["2026-03-11", "2026-03-12"]
V1 = {"site_id": SITE, "period": "custom", "date": ",".join(SPAN)}
UMAMI = {"startDate": "2026-03-11", "endDate": "2026-03-12T23:59:59.999Z"}


def rows_of(site: str) -> Iterator[DayRow]:
    """Three days, each with seven visitors, five of them by news."""
    of_all = Figures(7, 9, 8, 2, 800)
    for day in (FIRST + timedelta(days=n) for n in range(3)):
        yield DayRow(site, day, "total", None, of_all)
        yield DayRow(site, day, "sources", "news", Figures(5, 6, 5, 1, 500))
        yield DayRow(site, day, "sources", None, Figures(2, 3, 3, 1, 300))
        yield DayRow(site, day, "pages", "/a", Figures(7, 9))
        yield DayRow(site, day, "events", "signup", Figures(2, events=3))
        yield DayRow(site, day, "regions", "Bavaria", of_all, "DE")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, fresh_data) -> Iterator[Client]:
    """A site with three imported days, of which the last has a visit of its own as well."""
    data_dir = tmp_path_factory.mktemp("imported") / "data"
    with kept_open(data_dir, fresh_data, peers=Peers(plausible=True, umami=True)) as shared:
        for site in (SITE, ALONE):
            take_rows_in(shared.mallard, rows_of(site), site)
        at = NOON.replace(day=12)
        shared.visit("/b?utm_source=mail", at=at)
        yield shared.client


def v2(client: Client, **asked: Any) -> tuple[list[list[Any]], dict[str, Any]]:
    body = {"site_id": SITE, "metrics": ["visitors", "visits"], "date_range": SPAN}
    answer: Any = client.post("/api/v2/query", json=body | {"include": {"imports": True}} | asked)
    assert answer.status_code == 200, answer.text
    rows = [[*row["dimensions"], *row["metrics"]] for row in answer.json["results"]]
    return rows, answer.json["meta"]


ADDED = {"imports_included": True}


def test_version_two_adds_them_to_what_they_tell(client: Client) -> None:
    assert v2(client) == ([[8, 9]], ADDED)
    by_day = [["2026-03-11", 7, 8], ["2026-03-12", 1, 1]]
    assert v2(client, dimensions=["time:day"]) == (by_day, ADDED)
    by_source = [["news", 5, 5], ["Direct / None", 2, 3], ["mail", 1, 1]]
    assert v2(client, dimensions=["visit:source"]) == (by_source, ADDED)
    by_both = v2(client, dimensions=["time:day", "visit:source"])
    assert by_both[0][0] == ["2026-03-11", "news", 5, 5]
    assert len(by_both[0]) == 3
    rates = ["bounce_rate", "visit_duration", "percentage"]
    assert v2(client, dimensions=["visit:region"], metrics=rates) == (
        [["(not set)", 100, 0, 12.5], ["Bavaria", 25, 100, 87.5]],
        ADDED,
    )
    pages = v2(client, dimensions=["event:page"], metrics=["pageviews"])
    assert pages == ([["/a", 9], ["/b", 1]], ADDED)
    names = v2(client, dimensions=["event:name"], metrics=["events"])
    assert names == ([["signup", 3], ["pageview", 1]], ADDED)


def test_they_are_added_before_rows_are_counted_and_cut(client: Client) -> None:
    cut = {"include": {"imports": True, "total_rows": True}, "pagination": {"limit": 1}}
    assert v2(client, dimensions=["visit:source"], **cut) == (
        [["news", 5, 5]],
        ADDED | {"total_rows": 3},
    )
    assert v2(client, dimensions=["visit:source"], include={}) == ([["mail", 1, 1]], {})


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"dimensions": ["time:hour"]}, "unsupported_interval"),
        ({"dimensions": ["visit:source", "visit:device"]}, "unsupported_query"),
        ({"dimensions": ["event:hostname"]}, "unsupported_query"),
        ({"dimensions": ["event:props:plan"]}, "unsupported_query"),
        ({"dimensions": ["event:page"]}, "unsupported_query"),
        ({"metrics": ["events"]}, "unsupported_query"),
        ({"filters": [["is", "visit:source", ["news"]]]}, "unsupported_query"),
        ({"date_range": ["2026-03-10T06:00:00Z", "2026-03-11T23:59:59Z"]}, "unsupported_query"),
        ({"date_range": ["2026-01-10", "2026-01-11"]}, "no_imported_data"),
    ],
)
def test_what_they_cannot_tell_is_of_events_alone_and_says_why(
    client: Client, asked: dict[str, Any], reason: str
) -> None:
    rows, meta = v2(client, **asked)
    assert (meta["imports_included"], meta["imports_skip_reason"]) == (False, reason)
    assert ("imports_warning" in meta) is (reason != "no_imported_data")
    assert all("2026-03-11" not in row and "news" not in row for row in rows)


def v1(client: Client, report: str, **asked: str) -> Any:
    answer = client.get(f"/api/v1/stats/{report}", query_string=V1 | asked)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_version_one_adds_them_where_they_are_asked_for(client: Client) -> None:
    wanted = {"with_imported": "true", "metrics": "visitors,bounce_rate"}
    figures = {"visitors": {"value": 8}, "bounce_rate": {"value": 33}}
    assert v1(client, "aggregate", **wanted) == {"results": figures}
    alone = {"visitors": {"value": 1}, "bounce_rate": {"value": 100}}
    assert v1(client, "aggregate", metrics="visitors,bounce_rate") == {"results": alone}
    days = v1(client, "timeseries", with_imported="true")["results"]
    assert [day["visitors"] for day in days] == [7, 1]
    sources = v1(client, "breakdown", property="visit:source", with_imported="true")
    assert sources == {
        "results": [
            {"source": "news", "visitors": 5},
            {"source": "Direct / None", "visitors": 2},
            {"source": "mail", "visitors": 1},
        ]
    }


def test_version_one_warns_where_they_are_left_out(client: Client) -> None:
    hours = v1(client, "timeseries", with_imported="true", interval="hour")
    assert "nothing is known of hours" in hours["warning"]
    filtered = v1(client, "aggregate", with_imported="true", filters="event:page==/a")
    assert (filtered["results"], "cannot answer" in filtered["warning"]) == (
        {"visitors": {"value": 0}},
        True,
    )
    assert "warning" not in v1(
        client, "aggregate", with_imported="true", date="2026-01-01,2026-01-02"
    )


def umami(client: Client, path: str, **asked: str) -> Any:
    answer = client.get(f"/api/websites/{SITE}/{path}", query_string=UMAMI | asked)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_umamis_api_adds_them_to_whole_days(client: Client) -> None:
    whole = umami(client, "stats")
    figures = {name: whole[name] for name in ("pageviews", "visitors", "visits", "bounces")}
    assert figures == {"pageviews": 10, "visitors": 8, "visits": 9, "bounces": 3}
    assert whole["comparison"]["visitors"] == 7
    part = umami(client, "stats", endDate="2026-03-11T11:59:59Z")
    assert part["visitors"] == 0
    assert [day["y"] for day in umami(client, "pageviews", unit="day")["pageviews"]] == [9, 1]
    assert umami(client, "metrics", type="path") == [{"x": "/a", "y": 7}, {"x": "/b", "y": 1}]
    assert umami(client, "metrics", type="event") == [{"x": "signup", "y": 3}]
    assert umami(client, "metrics", type="region")[0] == {"x": "Bavaria", "y": 7, "country": "DE"}
    assert umami(client, "metrics", type="path", search="a") == []
    expanded = umami(client, "metrics/expanded", type="referrer")
    assert [row["visitors"] for row in expanded] == [5, 2, 1]
    assert umami(client, "stats", browser="Chrome")["visitors"] == 1


def test_our_own_figures_by_dimensions_say_of_how_many_days_they_were_imported(
    client: Client,
) -> None:
    asked = {"site_id": SITE, "start_date": "2026-03-10", "end_date": "2026-03-13"}
    url = "/api/stats/query"
    answer = client.get(url, query_string=asked | {"dimensions": "source", "limit": "1"})
    assert answer.json == {
        "rows": [{"source": "news", "visitors": 10, "pageviews": 12}],
        "total": 3,
    }
    assert answer.headers["X-Imported-Days"] == "2"
    for more in ({"dimensions": "source,device"}, {"dimensions": "source", "filter": "page==/a"}):
        other: Any = client.get(url, query_string=asked | more)
        assert "X-Imported-Days" not in other.headers
        assert sum(row["visitors"] for row in other.json["rows"]) <= 1


def test_a_site_that_has_imported_days_alone_is_in_every_list(client: Client) -> None:
    ours: Any = client.get("/api/sites").json
    assert [(row["site_id"], row["has_events"]) for row in ours] == [(ALONE, False), (SITE, True)]
    theirs: Any = client.get("/api/v1/sites").json
    assert [site["domain"] for site in theirs["sites"]] == [ALONE, SITE]
    umamis: Any = client.get("/api/websites").json
    assert [site["domain"] for site in umamis["data"]] == [ALONE, SITE]
