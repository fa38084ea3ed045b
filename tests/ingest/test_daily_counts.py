"""What became of events, by day, is kept for a week, and never more than that."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from mallard.ingest.daily_counts import FILE_NAME, KEPT_DAYS, DailyCounts
from tests.builders import TODAY


@pytest.fixture
def tally() -> Counter[str]:
    return Counter()


@pytest.fixture
def counts(tmp_path: Path, tally: Counter[str]) -> DailyCounts:
    return DailyCounts(tmp_path, lambda: tally)


def test_a_day_has_what_the_tally_grew_by(counts: DailyCounts, tally: Counter[str]) -> None:
    tally["accepted"] = 5
    assert counts.of_last_days(TODAY)[TODAY] == {"accepted": 5}
    tally["accepted"] = 7
    tally["dropped_crawler"] = 1
    tomorrow = TODAY + timedelta(days=1)
    days = counts.of_last_days(tomorrow)
    assert list(days)[:2] == [tomorrow, TODAY]
    assert days[tomorrow] == {"accepted": 2, "dropped_crawler": 1}
    assert days[TODAY] == {"accepted": 5}


def test_counts_outlive_the_process(
    counts: DailyCounts, tally: Counter[str], tmp_path: Path
) -> None:
    tally["accepted"] = 5
    counts.save(TODAY)
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600
    again = DailyCounts(tmp_path, lambda: {"accepted": 2})
    assert again.of_last_days(TODAY)[TODAY] == {"accepted": 7}


def test_days_beyond_the_last_seven_are_forgotten(
    counts: DailyCounts, tally: Counter[str], tmp_path: Path
) -> None:
    for number in range(20):
        tally["accepted"] += 1
        counts.save(TODAY + timedelta(days=number))
    last = TODAY + timedelta(days=19)
    days = counts.of_last_days(last)
    assert (len(days), sum(day["accepted"] for day in days.values())) == (KEPT_DAYS, KEPT_DAYS)
    assert (tmp_path / FILE_NAME).read_text().count("accepted") == KEPT_DAYS


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("days_ahead", [3, 40])
def test_a_clock_that_is_days_ahead_for_a_while_loses_none(
    counts: DailyCounts, tally: Counter[str], tmp_path: Path, days_ahead: int, restarts: bool
) -> None:
    for today in range(KEPT_DAYS):
        tally["accepted"] += 1
        counts.save(TODAY + timedelta(days=today))
    last = TODAY + timedelta(days=KEPT_DAYS - 1)
    tally["accepted"] += 1
    for _ in range(3):
        counts.save(last + timedelta(days=days_ahead))
    if restarts:
        tally.clear()
        counts = DailyCounts(tmp_path, lambda: tally)
    days = counts.of_last_days(last)
    assert [day["accepted"] for day in days.values()] == [1] * KEPT_DAYS


def test_nothing_is_written_while_nothing_happens(counts: DailyCounts, tmp_path: Path) -> None:
    counts.save(TODAY)
    assert not (tmp_path / FILE_NAME).exists()


@pytest.mark.parametrize("content", ["", "{", '{"2026-03-18": 1}', "\0"])
def test_a_damaged_file_costs_only_the_counts(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE_NAME).write_text(content)
    counts = DailyCounts(tmp_path, lambda: {"accepted": 1})
    assert counts.of_last_days(TODAY)[TODAY] == {"accepted": 1}
    counts.save(TODAY)


def test_a_full_disk_is_no_reason_to_stop(tmp_path: Path, tally: Counter[str]) -> None:
    counts = DailyCounts(tmp_path / "nowhere", lambda: tally)
    tally["accepted"] = 1
    counts.save(TODAY)
    (tmp_path / "nowhere").mkdir()
    counts.save(TODAY)
    assert (tmp_path / "nowhere" / FILE_NAME).exists()
