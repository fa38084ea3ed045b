"""Erasing on request: every place is cleared, the counts are true, and newer events stay."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from werkzeug.test import Client, TestResponse

from mallard import app
from mallard.wsgi import application
from tests.conftest import NOON, stored_events, visits
from tests.contents import contents
from tests.waiting import PATIENCE_SECS

pytestmark = pytest.mark.thorough

TODAY = NOON.date()
MARK = "/a-page-that-is-found-nowhere-else"
Ask = Callable[..., TestResponse]


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return settings | {"admin_password": "correct horse battery", "cache_ttl_secs": 3600}


@pytest.fixture
def ask(mallard: app.Mallard, client: Client) -> Ask:
    return asking(mallard, client)


def asking(mallard: app.Mallard, client: Client) -> Ask:
    """Asks as somebody with an Admin key."""
    key = mallard.access.keys.create("test", "Admin").key

    def ask_one(path: str, method: str = "GET", **args: Any) -> TestResponse:
        return client.open(path, method=method, query_string=args, headers={"X-API-Key": key})

    return ask_one


def erase(ask: Ask, first: date, last: date, site: str = "example.com") -> TestResponse:
    return ask("/api/gdpr/erase", "DELETE", site_id=site, start_date=str(first), end_date=str(last))


def pageviews(ask: Ask, site: str = "example.com") -> int:
    answer: Any = ask("/api/stats/main", site_id=site, period="90d").json
    return int(answer["total_pageviews"])


@pytest.fixture
def history(mallard: app.Mallard, visit: Callable[..., None]) -> None:
    """Ten days of two sites: old days in Parquet, the last two in the hot table or the journal."""
    for back in range(9, -1, -1):
        for site in ("example.com", "other.org"):
            visit(MARK, site, times=2, at=NOON - timedelta(days=back))
        if back == 2:
            assert mallard.flusher.roll()
        if back == 1:
            assert mallard.flusher.flush()


def test_an_erasure_is_answered_with_true_counts(history, ask: Ask) -> None:
    response = erase(ask, TODAY - timedelta(days=4), TODAY)
    assert response.status_code == 200
    assert response.json == {
        "site_id": "example.com",
        "start_date": str(TODAY - timedelta(days=4)),
        "end_date": str(TODAY),
        "db_records_deleted": 4,
        "parquet_partitions_deleted": 3,
        "events_deleted": 10,
    }


def test_both_days_are_inclusive_and_others_stay(history, mallard: app.Mallard, ask: Ask) -> None:
    erase(ask, TODAY - timedelta(days=8), TODAY - timedelta(days=1))
    left = [(e["site_id"], e["timestamp"].date()) for e in stored_events(mallard)]
    assert sorted({day for site, day in left if site == "example.com"}) == [
        TODAY - timedelta(days=9),
        TODAY,
    ]
    assert len([site for site, _ in left if site == "other.org"]) == 20


def test_reports_that_were_kept_are_forgotten(history, ask: Ask) -> None:
    assert pageviews(ask) == 20
    erase(ask, TODAY, TODAY)
    assert (pageviews(ask), pageviews(ask, "other.org")) == (18, 20)


def test_any_span_of_days_can_be_erased(history, ask: Ask) -> None:
    response = erase(ask, date.min, date.max)
    assert (response.json or {})["events_deleted"] == 20
    assert pageviews(ask) == 0
    again = erase(ask, date.min, date.max).json or {}
    assert [again[name] for name in again if "deleted" in name] == [0, 0, 0]


def test_a_site_that_never_was_has_nothing_to_erase(ask: Ask, visit) -> None:
    visit()
    response = erase(ask, TODAY, TODAY, site="nobody.example")
    assert (response.status_code, (response.json or {})["events_deleted"]) == (200, 0)
    assert pageviews(ask) == 1


def test_events_accepted_afterwards_count_on_the_same_day(
    history, visit, ask: Ask, mallard: app.Mallard
) -> None:
    erase(ask, TODAY, TODAY)
    visit("/new", at=NOON + timedelta(hours=1))
    assert mallard.flusher.roll()
    visit("/newer")
    assert [
        e["pathname"]
        for e in stored_events(mallard)
        if e["timestamp"].date() == TODAY and e["site_id"] == "example.com"
    ] == ["/new", "/newer"]


def test_events_accepted_meanwhile_survive(
    mallard: app.Mallard, visit, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One comes in after the journal was sealed, and before anything is deleted."""
    visit("/before", times=3)
    flush = mallard.flusher._flush

    def flush_and_meanwhile() -> bool:
        is_complete = flush()
        monkeypatch.setattr(mallard.flusher, "_flush", flush)
        visit("/meanwhile")
        return is_complete

    monkeypatch.setattr(mallard.flusher, "_flush", flush_and_meanwhile)
    assert (erase(ask, TODAY, TODAY).json or {})["events_deleted"] == 3
    assert [event["pathname"] for event in stored_events(mallard)] == ["/meanwhile"]


def test_erased_sessions_lend_nothing_to_later_events(mallard, visit, ask: Ask) -> None:
    visit("/?utm_source=letter")
    erase(ask, TODAY, TODAY)
    visit("/next")
    (event,) = stored_events(mallard)
    assert event["utm_source"] is None


def test_sessions_of_other_days_keep_their_source(mallard, visit, ask: Ask) -> None:
    visit("/?utm_source=letter")
    erase(ask, TODAY - timedelta(days=2), TODAY - timedelta(days=1))
    erase(ask, TODAY, TODAY, site="other.org")
    visit("/next")
    assert [event["utm_source"] for event in stored_events(mallard)] == ["letter", "letter"]


def bytes_below(data_dir: Path) -> bytes:
    return b"".join(content for _, content in contents(data_dir))


def test_no_place_keeps_what_was_erased(
    start, clock, data_dir: Path, mallard: app.Mallard, history, ask: Ask
) -> None:
    old = f"date={TODAY - timedelta(days=3)}"
    tree = data_dir / "events" / "site_id=example.com" / old
    for place in ("quarantine", "replaced"):
        shutil.copytree(tree, data_dir / place / "site_id=example.com" / old)
        shutil.copytree(tree, data_dir / place / "site_id=other.org" / old)
    (data_dir / "migration-copies").mkdir()
    doomed = [
        data_dir / "quarantine" / f"mallard.duckdb.{TODAY}",
        data_dir / "migration-copies" / f"schema-1.holds-{TODAY}.made-{TODAY}.duckdb",
    ]
    before = TODAY - timedelta(days=20)
    kept = [
        data_dir / "quarantine" / f"mallard.duckdb.{before}",
        data_dir / "migration-copies" / f"schema-1.holds-{before}.made-{before}.duckdb",
    ]
    for path in doomed + kept:
        path.write_text(MARK)
    erase(ask, TODAY - timedelta(days=9), TODAY)
    assert not [path for path in doomed if path.exists()]
    assert [path.read_text() for path in kept] == [MARK, MARK]
    left = {path.parent.parent.name for path in data_dir.rglob("*.parquet")}
    assert left == {"site_id=other.org"}
    for path in kept:
        path.unlink()
    erase(ask, TODAY - timedelta(days=9), TODAY, site="other.org")
    assert list(data_dir.rglob("*.parquet")) == []
    assert MARK.encode() not in bytes_below(data_dir)
    mallard.stop(PATIENCE_SECS)
    assert stored_events(start()) == []


def test_an_erasure_is_logged_with_its_counts(history, ask: Ask) -> None:
    with capture_logs() as logs:
        erase(ask, TODAY, TODAY)
    (line,) = [line for line in logs if line["event"] == "Erased a site's days"]
    assert (line["site_id"], line["db_records_deleted"], line["events_deleted"]) == (
        "example.com",
        2,
        2,
    )


BAD_ARGUMENTS: list[tuple[dict[str, str | None], str]] = [
    ({"site_id": None}, "site_id"),
    ({"site_id": "../etc"}, "site_id"),
    ({"site_id": "a b"}, "site_id"),
    ({"start_date": None}, "start_date"),
    ({"end_date": None}, "end_date"),
    ({"start_date": "yesterday"}, "start_date"),
    ({"end_date": "2026-02-30"}, "end_date"),
    ({"start_date": "20260301"}, "start_date"),
    ({"start_date": "2026-03-19"}, "end_date must not be before start_date"),
]


def test_a_bad_argument_is_named(history, ask: Ask) -> None:
    good = {"site_id": "example.com", "start_date": str(TODAY), "end_date": str(TODAY)}
    for args, reason in BAD_ARGUMENTS:
        asked = {name: value for name, value in (good | args).items() if value is not None}
        response = ask("/api/gdpr/erase", "DELETE", **asked)
        assert (response.status_code, args) == (400, args)
        assert reason in (response.json or {})["error"]
        assert pageviews(ask) == 20


def test_only_delete_erases(ask: Ask) -> None:
    for method in ("GET", "POST", "PUT"):
        assert ask("/api/gdpr/erase", method).status_code == 405


def test_an_erasure_that_cannot_begin_says_that_nothing_happened(
    history, ask: Ask, data_dir: Path
) -> None:
    (data_dir / "erasures").write_text("a file where a directory should be")
    response = erase(ask, TODAY, TODAY)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    error = (response.json or {})["error"]
    assert error == "nothing was erased; the log says why"
    assert pageviews(ask) == 20
    (data_dir / "erasures").unlink()


def test_strangers_and_readers_erase_nothing(history, mallard, client: Client, ask: Ask) -> None:
    path = f"/api/gdpr/erase?site_id=example.com&start_date={TODAY}&end_date={TODAY}"
    assert client.delete(path).status_code == 401
    reader = mallard.access.keys.create("reader", "ReadOnly").key
    assert client.delete(path, headers={"X-API-Key": reader}).status_code == 403
    assert pageviews(ask) == 20


def test_while_no_password_is_set_nobody_erases(start, clock) -> None:
    client = Client(application(start(admin_password=None)))
    visits(client, clock)()
    path = f"/api/gdpr/erase?site_id=example.com&start_date={TODAY}&end_date={TODAY}"
    response = client.delete(path)
    assert response.status_code == 403
    assert "setup" in (response.json or {})["error"]


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_the_export_is_the_one_of_raw_events(history, ask: Ask, form: str) -> None:
    asked = {"site_id": "example.com", "format": form}
    ours, same = (ask(f"/api/{path}", **asked) for path in ("gdpr/export", "export/events"))
    assert ours.status_code == 200
    assert (ours.data, ours.mimetype) == (same.data, same.mimetype)


def test_what_is_erased_is_in_no_export(history, ask: Ask) -> None:
    erase(ask, TODAY - timedelta(days=9), TODAY)
    exported = ask("/api/gdpr/export", site_id="example.com").data
    assert MARK.encode() not in exported
