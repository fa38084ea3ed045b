"""Import: the mirror of the export, each row once, however often and however it is cut short."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.model import Event, MallardError, Period
from mallard.reports.query import ALL_TIME
from mallard.store.deletion.days import finish
from mallard.store.imports import OutOfStep
from mallard.transfer import importing
from mallard.transfer.exporting import Wanted
from mallard.transfer.formats import Format
from mallard.transfer.importing import Outcome, import_source
from mallard.transfer.instance import MOST_HOT_ROWS
from mallard.transfer.sources import opened
from mallard.wsgi import application
from tests.builders import NOON, an_event, store_events
from tests.conftest import stored_events
from tests.transfer.figures import all_reports
from tests.transfer.laid_down import SITE, lay_down

pytestmark = pytest.mark.thorough

HEADER = "site_id,visitor_id,timestamp,event_name,pathname\n"


@pytest.fixture
def other(start: Callable[..., Mallard], tmp_path: Path) -> Mallard:
    """A second, empty instance."""
    return start(data_dir=tmp_path / "other")


@pytest.fixture
def bad() -> list[tuple[int, str]]:
    """The rows that were reported as bad."""
    return []


@pytest.fixture
def take(bad: list[tuple[int, str]]) -> Callable[..., Outcome]:
    """Imports a file into an instance."""

    def run(mallard: Mallard, path: Path) -> Outcome:
        with opened(path) as (source, sha256):
            return import_source(
                source,
                sha256,
                mallard.transfer,
                NOON,
                lambda *problem: bad.append(problem),
                lambda: None,
            )

    return run


Take = Callable[[Mallard, Path], Outcome]


def exported(mallard: Mallard, path: Path, site: str = "example.com") -> Path:
    form = Format(path.suffix[1:])
    path.write_bytes(b"".join(mallard.transfer.export(Wanted(site, ALL_TIME, form))))
    return path


def test_a_host_is_one_row_with_what_was_counted_of_it_in_another_spelling(
    mallard: Mallard, client: Client, visit: Callable[..., None], take: Take, tmp_path: Path
) -> None:
    visit(u="https://xn--mller-kva.de/", r="https://xn--bcher-kva.example/")
    visit(u="https://müller.de/?ref=bücher.example", visitor=2)
    columns = "site_id,visitor_id,timestamp,event_name,pathname,hostname,referrer_source"
    row = f"example.com,v3,{NOON.isoformat()},pageview,/,müller.de,bücher.example"
    (tmp_path / "kept.csv").write_text(f"{columns}\n{row}\n", encoding="utf-8")
    take(mallard, tmp_path / "kept.csv")
    asked = {"site_id": "example.com", "period": "7d"}
    for rows, filtered, sent, read in (
        ("hostnames", "hostname", "xn--mller-kva.de", "müller.de"),
        ("sources", "source", "xn--bcher-kva.example", "bücher.example"),
    ):
        for spelling in (None, sent, read):
            more = {"filter": f"{filtered}=={spelling}"} if spelling else {}
            answer: Any = client.get(f"/api/stats/breakdown/{rows}", query_string=asked | more).json
            assert [(row["value"], row["visitors"]) for row in answer] == [(sent, 3)]


def a_file(path: Path, rows: int, first: int = 0) -> Path:
    """A CSV file of numbered pageviews, a minute apart."""
    moments = (NOON - timedelta(days=3) + timedelta(minutes=n) for n in range(rows))
    lines = (
        f"example.com,v{n % 7},{at.isoformat()},pageview,/{first + n}\n"
        for n, at in enumerate(moments)
    )
    path.write_text(HEADER + "".join(lines))
    return path


def paths(mallard: Mallard) -> Counter[str]:
    return Counter(event["pathname"] for event in stored_events(mallard))


@pytest.mark.parametrize("form", Format)
def test_what_was_exported_comes_back_exactly(
    mallard: Mallard,
    other: Mallard,
    take: Take,
    bad: list[tuple[int, str]],
    nasty_events: list[Event],
    tmp_path: Path,
    form: Format,
):
    outcome = take(other, exported(mallard, tmp_path / f"all.{form}"))
    assert bad == []
    assert outcome == Outcome(0, len(nasty_events), 0)
    without_batch = [{**event, "batch": None} for event in stored_events(mallard)]
    assert [{**event, "batch": None} for event in stored_events(other)] == without_batch


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_packed_file_is_unpacked(
    mallard: Mallard, other: Mallard, take: Take, tmp_path: Path, form: str
):
    store_events(mallard.store, "b", [an_event()])
    plain = exported(mallard, tmp_path / f"all.{form}")
    packed = tmp_path / f"all.{form}.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert take(other, packed).stored == 1


def test_everything_ends_in_parquet(mallard: Mallard, take: Take, tmp_path: Path):
    take(mallard, a_file(tmp_path / "a.csv", 10))
    assert mallard.store.hot_rows() == 0
    assert len(list(mallard.directory.path.rglob("events/*/*/*.parquet"))) == 1


def test_the_hot_table_stays_small_and_reports_stay_the_same(
    start: Callable[..., Mallard],
    mallard: Mallard,
    take: Take,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    elsewhere = tmp_path / "laid-down"
    lay_down(elsewhere, MOST_HOT_ROWS + 50_000, NOON.date() - timedelta(days=4), 3)
    big = start(data_dir=elsewhere)
    hot = []
    add = mallard.transfer.import_batch

    def note(*args) -> None:
        add(*args)
        hot.append(mallard.store.hot_rows())

    monkeypatch.setattr(mallard.transfer, "import_batch", note)
    take(mallard, exported(big, tmp_path / "big.jsonl", SITE))
    assert MOST_HOT_ROWS // 2 < max(hot) <= MOST_HOT_ROWS
    expected = all_reports(Client(application(big)), SITE)
    assert all_reports(Client(application(mallard)), SITE) == expected
    assert expected["main"]["total_pageviews"] > MOST_HOT_ROWS


def test_a_file_counts_once_whatever_it_is_called(mallard: Mallard, take: Take, tmp_path: Path):
    file = a_file(tmp_path / "a.csv", 10)
    take(mallard, file)
    assert take(mallard, file.rename(tmp_path / "b.csv")) == Outcome(10, 0, 0)
    assert sum(paths(mallard).values()) == 10


def test_an_import_that_was_cut_short_goes_on_where_it_ended(
    mallard: Mallard, take: Take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(importing, "BATCH_ROWS", 10)
    file = a_file(tmp_path / "a.csv", 35)
    add, calls = mallard.transfer.import_batch, []

    def fail_at_the_third(*args) -> None:
        calls.append(args)
        if len(calls) == 3:
            raise MallardError("cut short")
        add(*args)

    monkeypatch.setattr(mallard.transfer, "import_batch", fail_at_the_third)
    with pytest.raises(MallardError, match="cut short"):
        take(mallard, file)
    assert take(mallard, file) == Outcome(20, 15, 0)
    assert paths(mallard) == Counter({f"/{n}": 1 for n in range(35)})


@pytest.mark.parametrize("is_rolled", [True, False])
def test_rows_still_count_once_when_the_record_of_them_is_lost(
    mallard: Mallard, take: Take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_rolled: bool
):
    file = a_file(tmp_path / "a.csv", 10)
    with monkeypatch.context() as patch:
        if not is_rolled:
            patch.setattr(mallard.transfer, "import_complete", lambda _: None)
        take(mallard, file)
    assert mallard.store.hot_rows() == (0 if is_rolled else 10)
    with mallard.store.database.writer() as writer:
        writer.execute("delete from imports")
    take(mallard, file)
    assert sum(paths(mallard).values()) == 10


def test_of_a_batch_that_is_hot_only_the_days_that_are_gone_come_again(
    mallard: Mallard, take: Take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    file = a_file(tmp_path / "a.csv", 3000)
    with monkeypatch.context() as patch:
        patch.setattr(mallard.transfer, "import_complete", lambda _: None)
        take(mallard, file)
    day = {"day": NOON.date() - timedelta(days=2)}
    with mallard.store.database.writer() as writer:
        writer.execute("delete from imports")
        writer.execute("delete from events where timestamp::date = $day", day)
    assert mallard.store.hot_rows() == 3000 - 1440
    take(mallard, file)
    assert paths(mallard) == Counter({f"/{n}": 1 for n in range(3000)})


def test_what_was_erased_comes_back_only_when_asked_for(
    mallard: Mallard, take: Take, tmp_path: Path
):
    file = a_file(tmp_path / "a.csv", 3000)
    take(mallard, file)
    day = NOON.date() - timedelta(days=2)
    mallard.flusher.delete_days("example.com", Period(day, day + timedelta(days=1)))
    finish(mallard.store)
    take(mallard, file)
    assert sum(paths(mallard).values()) == 3000 - 1440
    with opened(file) as (_, sha256):
        mallard.transfer.import_again(sha256)
    take(mallard, file)
    assert paths(mallard) == Counter({f"/{n}": 1 for n in range(3000)})


def test_two_imports_of_a_file_at_once_do_not_mix(
    mallard: Mallard, take: Take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(importing, "BATCH_ROWS", 10)
    file = a_file(tmp_path / "a.csv", 20)
    progress = mallard.transfer.import_progress
    seen_before = progress("x")
    take(mallard, file)
    monkeypatch.setattr(mallard.transfer, "import_progress", lambda _: seen_before)
    with pytest.raises(OutOfStep, match="another command"):
        take(mallard, file)
    assert sum(paths(mallard).values()) == 20


def test_cached_answers_of_the_sites_are_forgotten(
    start: Callable[..., Mallard], take: Take, tmp_path: Path
):
    mallard = start(cache_ttl_secs=600)
    store_events(mallard.store, "b", [an_event()])
    client = Client(application(mallard))
    url = "/api/stats/main?site_id=example.com&period=7d"
    before = client.get(url).text
    assert '"total_pageviews":1,' in before
    take(mallard, a_file(tmp_path / "a.csv", 5))
    assert '"total_pageviews":6,' in client.get(url).text


def test_bad_rows_are_left_out_and_named_by_their_line(
    mallard: Mallard, take: Take, bad: list[tuple[int, str]], tmp_path: Path
):
    file = tmp_path / "a.csv"
    file.write_text(
        HEADER
        + 'example.com,v,2026-03-18T10:00:00Z,"two\nlines",/1\n'
        + "example.com,v,soon,pageview,/2\n"
        + "example.com,v,2026-03-18T10:00:00Z,pageview\n"
        + "example.com,v,2026-03-18T10:00:00Z,pageview,/3\n"
    )
    assert take(mallard, file) == Outcome(0, 2, 2)
    assert bad == [(4, "timestamp is not a time: 'soon'"), (5, "4 fields instead of 5")]
    assert take(mallard, file) == Outcome(4, 0, 2)


def test_bad_lines_of_json_are_named_too(
    mallard: Mallard, take: Take, bad: list[tuple[int, str]], tmp_path: Path
):
    file = tmp_path / "a.jsonl"
    cells = {"site_id": "example.com", "visitor_id": "v", "timestamp": "2026-03-18"}
    good = json.dumps(cells | {"event_name": "e", "pathname": "/"})
    file.write_text(f'{good}\n[1]\n\n{{"site_id"\n{good[:-1]},"browser":"\\ud800"}}\n')
    assert take(mallard, file) == Outcome(0, 1, 3)
    assert [number for number, _ in bad] == [2, 4, 5]
    assert all(reason.startswith("the line is not a JSON object") for _, reason in bad)
