"""What becomes of imported days: erased, outdated, moved, backed up, and never half there."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from mallard import app
from mallard.config import Settings
from mallard.model import MallardError, Period
from mallard.store.deletion.days import finish
from mallard.transfer.day_figures.rows import DayRow, Figures
from mallard.transfer.restoring import restore
from tests.conftest import abandon, client_of, some_settings
from tests.killing import killed_before_each_step
from tests.transfer.day_figures.taking_in import take_in, take_rows_in

pytestmark = pytest.mark.thorough

SITE, OTHER = "example.com", "www.example.com"
FIRST = date(2026, 2, 1)


def some_days(site: str = SITE, visitors: int = 3, count: int = 4) -> list[DayRow]:
    """A page on each of some days."""
    days = [FIRST + timedelta(days=n) for n in range(count)]
    figures = Figures(visitors, 2 * visitors, visitors, 0, 10)
    return [
        DayRow(site, day, dimension, value, figures)
        for day in days
        for dimension, value in (("total", None), ("pages", "/"))
    ]


def told(mallard: app.Mallard, site: str = SITE) -> dict[str, int]:
    """The visitors of each day that has some."""
    url = f"/api/stats/timeseries?site_id={site}&period=90d"
    rows = asked(mallard, url)
    return {row["date"]: row["visitors"] for row in rows if row["visitors"]}


def files(data_dir: Path) -> list[Path]:
    return sorted((data_dir / "imported").rglob("*.parquet"))


def test_erased_days_are_gone_from_the_disk(mallard: app.Mallard, data_dir: Path) -> None:
    take_rows_in(mallard, some_days())
    (before,) = files(data_dir)
    mallard.erasure.erase(SITE, FIRST, FIRST + timedelta(days=1))
    assert told(mallard) == {"2026-02-03": 3, "2026-02-04": 3}
    assert files(data_dir) != [before]
    assert mallard.store.imported.days_in(files(data_dir)[0]) == {
        FIRST + timedelta(days=2),
        FIRST + timedelta(days=3),
    }
    mallard.erasure.erase(SITE, date.min, date.max)
    assert told(mallard) == {}
    assert not (data_dir / "imported" / f"site_id={SITE}").exists()


def test_a_file_that_is_read_goes_afterwards(mallard: app.Mallard, data_dir: Path) -> None:
    take_rows_in(mallard, some_days())
    before = files(data_dir)
    with mallard.store.imported.held(SITE, Period(FIRST, date.max)):
        mallard.erasure.erase(SITE, date.min, date.max)
        assert files(data_dir) == before
        assert told(mallard) == {}
    finish(mallard.store)
    assert files(data_dir) == []


@pytest.mark.parametrize("change", ["import", "erase", "merge"])
def test_whoever_is_killed_leaves_nothing_half(
    start: Callable[..., app.Mallard], data_dir: Path, tmp_path: Path, change: str
) -> None:
    mallard = start()
    take_rows_in(mallard, some_days(SITE, 3, 2))
    take_rows_in(mallard, some_days(OTHER, 5, 3))
    abandon(mallard)
    first, second, third = (str(FIRST + timedelta(days=n)) for n in range(3))
    before = {first: 3, second: 3}
    after = {
        "import": {first: 1, second: 1, third: 1},
        "erase": {second: 3},
        "merge": {first: 8, second: 8, third: 5},
    }[change]

    def act(one: app.Mallard) -> None:
        if change == "import":
            take_rows_in(one, some_days(SITE, 1, 3), "later")
        elif change == "erase":
            one.erasure.erase(SITE, FIRST, FIRST)
        else:
            one.history.merge(OTHER, SITE)

    shutil.copytree(data_dir, tmp_path / "kept")
    for _ in killed_before_each_step(act, start):
        again = start()
        assert told(again) in (before, after)
        if told(again) == before:
            act(again)
        assert told(again) == after
        abandon(again)
        shutil.rmtree(data_dir)
        shutil.copytree(tmp_path / "kept", data_dir)


def test_outdated_days_go_through_the_trash(
    start: Callable[..., app.Mallard], data_dir: Path
) -> None:
    mallard = start(retention_days=44)
    take_rows_in(mallard, some_days())
    today = mallard.clock().date()
    assert today - timedelta(days=44) == FIRST + timedelta(days=1)
    mallard.retention.run(today)
    assert told(mallard) == {"2026-02-02": 3, "2026-02-03": 3, "2026-02-04": 3}
    (thrown,) = (data_dir / "trash").rglob("*.parquet")
    # Laid over the data directory again, it counts as before.
    back = data_dir / thrown.relative_to(data_dir / "trash" / str(today))
    thrown.rename(back)
    abandon(mallard)
    again = start()
    assert len(told(again)) == 4


def test_an_erasure_reaches_the_trash(start: Callable[..., app.Mallard], data_dir: Path) -> None:
    mallard = start(retention_days=44)
    take_rows_in(mallard, some_days())
    mallard.retention.run(mallard.clock().date())
    mallard.erasure.erase(SITE, date.min, date.max)
    assert list((data_dir / "trash").rglob("*.parquet")) == []


def test_a_renamed_site_keeps_them(mallard: app.Mallard) -> None:
    take_rows_in(mallard, some_days(OTHER))
    mallard.history.rename(OTHER, SITE)
    assert list(told(mallard).values()) == [3, 3, 3, 3]
    assert mallard.store.imported.sites() == [SITE]


def test_those_of_merged_sites_are_added(mallard: app.Mallard, data_dir: Path) -> None:
    take_rows_in(mallard, some_days(SITE, 3, 2))
    take_rows_in(mallard, some_days(OTHER, 5, 3))
    mallard.history.merge(OTHER, SITE)
    assert told(mallard) == {"2026-02-01": 8, "2026-02-02": 8, "2026-02-03": 5}
    url = f"/api/stats/breakdown/pages?site_id={SITE}&period=90d"
    assert asked(mallard, url) == [{"value": "/", "visitors": 21, "pageviews": 42}]


def test_a_move_that_was_cut_short_adds_nothing_twice(mallard: app.Mallard) -> None:
    take_rows_in(mallard, some_days(SITE, 3, 2))
    take_rows_in(mallard, some_days(OTHER, 5, 3))
    imported = mallard.store.imported
    kept = [(file.path, file.path.read_bytes()) for file in imported.files(OTHER)]
    mallard.store.cutter.move(OTHER, SITE)
    for path, content in kept:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    imported.look_again(OTHER)
    mallard.store.cutter.move(OTHER, SITE)
    assert told(mallard) == {"2026-02-01": 8, "2026-02-02": 8, "2026-02-03": 5}
    assert not imported.has(OTHER)


def test_a_move_that_was_cut_short_between_two_files_adds_nothing_twice(
    mallard: app.Mallard,
) -> None:
    take_rows_in(mallard, some_days(SITE, 3, 2))
    take_rows_in(mallard, some_days(OTHER, 5, 3), "first")
    take_rows_in(mallard, some_days(OTHER, 7, 1), "second")
    imported = mallard.store.imported
    *_, last = [(file.path, file.path.read_bytes()) for file in imported.files(OTHER)]
    mallard.store.cutter.move(OTHER, SITE)
    path, content = last
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    imported.look_again(OTHER)
    mallard.store.cutter.move(OTHER, SITE)
    assert told(mallard) == {"2026-02-01": 10, "2026-02-02": 8, "2026-02-03": 5}
    assert not imported.has(OTHER)


@pytest.mark.parametrize("is_exported", [False, True])
def test_rates_of_merged_sites_are_of_the_visits_that_tell_them(
    mallard: app.Mallard, tmp_path: Path, is_exported: bool
) -> None:
    def day(site: str, figures: Figures) -> DayRow:
        return DayRow(site, FIRST, "total", None, figures)

    take_rows_in(mallard, [day(SITE, Figures(10, 40, 20, 5, 600))], "all is known")
    take_rows_in(mallard, [day(OTHER, Figures(10, 60, 30))], "visits alone")
    mallard.history.merge(OTHER, SITE)
    take_rows_in(mallard, [day(OTHER + ".au", Figures(10, 90))], "no visits")
    mallard.history.merge(OTHER + ".au", SITE)
    if is_exported:
        file = tmp_path / "days.csv"
        url = f"/api/export/imported-days?site_id={SITE}&format=csv"
        file.write_bytes(client_of(mallard).get(url).data)
        mallard.erasure.erase(SITE, date.min, date.max)
        take_in(mallard, file, site=None)
    found = asked(mallard, f"/api/stats/main?site_id={SITE}&period=90d")
    assert (found["unique_visitors"], found["total_pageviews"], found["sessions"]) == (30, 190, 50)
    assert found["bounce_rate"] == 5 / 20
    assert found["avg_visit_duration_secs"] == 600 / 20
    assert found["views_per_session"] == 100 / 50


def test_what_is_imported_for_an_alias_is_the_sites(mallard: app.Mallard) -> None:
    take_rows_in(mallard, some_days(OTHER))
    mallard.history.rename(OTHER, SITE)
    take_rows_in(mallard, some_days(OTHER, 1, 1), "later")
    assert sum(told(mallard).values()) == 3 * 4 + 1


def test_a_backup_has_them(mallard: app.Mallard, tmp_path: Path) -> None:
    take_rows_in(mallard, some_days())
    archive = BytesIO(b"".join(mallard.transfer.backup()))
    restore(archive, tmp_path / "other")
    again = app.build(Settings(**some_settings(tmp_path / "other")), mallard.clock)
    assert told(again) == told(mallard) != {}
    abandon(again)


def test_a_file_that_cannot_be_read_costs_itself_alone(
    start: Callable[..., app.Mallard], data_dir: Path
) -> None:
    mallard = start()
    take_rows_in(mallard, some_days(count=2), "first")
    take_rows_in(mallard, some_days(count=4), "second")
    take_rows_in(mallard, [row for row in some_days(count=6) if row.day.day == 6], "third")
    abandon(mallard)
    broken = files(data_dir)[-1]
    broken.write_bytes(b"PAR1 and no more")
    again = start()
    assert list(told(again)) == ["2026-02-01", "2026-02-02", "2026-02-03", "2026-02-04"]


def test_what_is_no_file_of_figures_is_refused(mallard: app.Mallard) -> None:
    with pytest.raises(MallardError, match="the figures cannot be read"):
        mallard.transfer.import_days(SITE, "0" * 64, BytesIO(b"nothing"))
    assert told(mallard) == {}


def test_a_site_with_imported_days_alone_is_listed(mallard: app.Mallard) -> None:
    take_rows_in(mallard, some_days())
    page = client_of(mallard).get(f"/?site_id={SITE}&period=90d")
    assert page.status_code == 200
    assert "12" in page.text
    assert asked(mallard, f"/api/stats/main?site_id={SITE}&period=all")["unique_visitors"] == 12


def test_filters_and_behaviour_leave_them_out(mallard: app.Mallard) -> None:
    take_rows_in(mallard, some_days())
    client = client_of(mallard)
    url = f"/api/stats/main?site_id={SITE}&period=90d"
    filtered = client.get(f"{url}&filter=page==/")
    assert asked(mallard, f"{url}&filter=page==/")["unique_visitors"] == 0
    assert "X-Imported-Days" not in filtered.headers
    steps = f"/api/stats/funnel?site_id={SITE}&period=90d&steps=page:/"
    assert asked(mallard, steps)[0]["visitors"] == 0


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_what_is_exported_comes_in_again(
    start: Callable[..., app.Mallard], tmp_path: Path, form: str
) -> None:
    mallard = start()
    odd = DayRow(SITE, FIRST, "events", "=1+1", Figures(1, events=2))
    take_rows_in(mallard, [*some_days(), odd])
    url = f"/api/export/imported-days?site_id={SITE}&format={form}"
    answer = client_of(mallard).get(url)
    file = tmp_path / f"days.{form}"
    file.write_bytes(answer.data)
    before = told(mallard), events(mallard)
    mallard.erasure.erase(SITE, date.min, date.max)
    take_in(mallard, file, site=None)
    assert (told(mallard), events(mallard)) == before
    assert before[1] == [{"value": "=1+1", "visitors": 1, "pageviews": 0, "events": 2}]


def events(mallard: app.Mallard) -> Any:
    url = f"/api/stats/breakdown/events?site_id={SITE}&period=90d&columns=events"
    return asked(mallard, url)


def asked(mallard: app.Mallard, url: str) -> Any:
    return client_of(mallard).get(url).json
