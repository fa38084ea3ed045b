"""A day is believed only when more than the clock speaks for it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from mallard.days_believed import FILE, DaysBelieved

TODAY = date(2026, 3, 18)


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


@pytest.fixture
def busy() -> set[date]:
    """The days that have events."""
    return set()


@pytest.fixture
def believed(tmp_path: Path, busy: set[date]) -> DaysBelieved:
    return DaysBelieved(tmp_path, busy.__contains__)


def test_events_of_the_day_before_agree_at_once(believed: DaysBelieved, busy: set[date]) -> None:
    busy.add(day(-1))
    assert believed.look(TODAY) == TODAY


def test_events_of_that_very_day_prove_nothing(believed: DaysBelieved, busy: set[date]) -> None:
    """A clock that is wrong gives them its own time."""
    busy |= {day(-100), day(100)}
    assert believed.look(day(100)) is None


def test_without_events_a_second_look_on_a_later_day_agrees_to_the_first(
    believed: DaysBelieved,
) -> None:
    assert [believed.look(day(number)) for number in (0, 0, 1, 1, 5)] == [
        None,
        None,
        TODAY,
        None,
        day(1),
    ]


def test_what_was_looked_at_survives_a_restart(tmp_path: Path, busy: set[date]) -> None:
    looks = [DaysBelieved(tmp_path, busy.__contains__).look(day(number)) for number in (0, 1)]
    assert looks == [None, TODAY]


def test_a_clock_that_was_ahead_for_a_moment_is_never_believed(believed: DaysBelieved) -> None:
    looks = [believed.look(day(number)) for number in (0, 100, 0, 1, 140, 1, 2)]
    assert max(found for found in looks if found) <= day(2)
    assert looks == [None, TODAY, None, TODAY, day(1), None, day(1)]


@pytest.mark.parametrize("content", [b"", b"\xff", b'"2026-13-01"\n', b"{}"])
def test_a_damaged_record_is_none(believed: DaysBelieved, tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert believed.look(TODAY) is None
    assert believed.look(day(1)) == TODAY
