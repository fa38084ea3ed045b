"""The salts of visitor ids: random, shared, durable before they are used, and destroyed in time."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from mallard import durable
from mallard.ingest.salts import (
    AHEAD,
    PASSING_STAYS_SECS,
    SALT_BYTES,
    SURE_AFTER_SECS,
    Rotation,
    Salts,
    period_of,
)
from mallard.ingest.visitors import VisitorIds
from tests.conftest import NOON, Clock
from tests.killing import killed_before_each_step

TODAY = NOON.date()
GRACE = 2


class Seconds:
    """Time that passes only when it is told to."""

    def __init__(self) -> None:
        self.passed = 10_000.0

    def __call__(self) -> float:
        return self.passed


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "salts"


@pytest.fixture
def salts(directory: Path, clock: Clock, seconds: Seconds) -> Callable[..., Salts]:
    """Another process's view of the directory."""

    def opened(rotation: Rotation = "daily", grace_days: int = GRACE) -> Salts:
        return Salts(directory, rotation, grace_days, clock, seconds)

    return opened


def names(directory: Path) -> list[str]:
    return sorted(name for name in os.listdir(directory) if name != ".lock")


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def look_twice(salts: Salts, seconds: Seconds) -> None:
    salts.look()
    seconds.passed += SURE_AFTER_SECS
    salts.look()


def test_a_salt_is_random_and_survives_a_restart(salts) -> None:
    salt = salts().of(TODAY)
    assert len(salt) == SALT_BYTES
    assert salts().of(TODAY) == salt


def test_another_instance_has_another_salt(salts, tmp_path: Path, clock: Clock) -> None:
    assert salts().of(TODAY) != Salts(tmp_path / "other", "daily", GRACE, clock).of(TODAY)


@pytest.mark.parametrize(
    ("rotation", "name", "end"),
    [
        ("daily", "2026-03-18.daily", date(2026, 3, 19)),
        ("weekly", "2026-03-16.weekly", date(2026, 3, 23)),
        ("monthly", "2026-03-01.monthly", date(2026, 4, 1)),
    ],
)
def test_a_period_has_one_salt(salts, directory, rotation: Rotation, name: str, end: date) -> None:
    opened = salts(rotation)
    period = period_of(TODAY, rotation)
    days = [period.first, TODAY, period.end - timedelta(days=1)]
    assert len({opened.of(day) for day in days}) == 1
    assert names(directory) == [name]
    assert period.end == end
    assert opened.of(end) != opened.of(TODAY)


def test_only_the_owner_reads_it(salts, directory: Path) -> None:
    salts().of(TODAY)
    assert directory.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in directory.iterdir()} == {0o600}


def test_processes_that_begin_at_once_share_it(salts) -> None:
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(salts().of(TODAY))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16
    assert len(set(found)) == 1


def test_it_is_on_the_disk_before_it_is_used(
    salts, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    salts().of(TODAY)
    draft = str(directory / f"{TODAY}.daily.new")
    assert synced == [draft, str(directory), str(directory.parent)]


def test_events_up_to_the_grace_get_the_ids_of_their_day(salts, clock: Clock) -> None:
    opened = salts()
    salt = opened.of(TODAY)
    clock.now = NOON + timedelta(days=GRACE)
    assert opened.lasts(TODAY)
    assert opened.of(TODAY) == salt
    clock.now = NOON + timedelta(days=GRACE + 1)
    assert not opened.lasts(TODAY)
    assert opened.of(TODAY) != salt


@pytest.mark.parametrize("rotation", ["daily", "weekly", "monthly"])
@pytest.mark.parametrize("grace", [0, 2])
def test_it_is_destroyed_when_period_and_grace_are_over(
    salts, directory, clock, seconds, rotation: Rotation, grace: int
) -> None:
    opened = salts(rotation, grace)
    opened.of(TODAY)
    last = period_of(TODAY, rotation).end + timedelta(days=grace) - timedelta(days=1)
    clock.now = NOON + (last - TODAY)
    look_twice(opened, seconds)
    assert period_of(TODAY, rotation).name in names(directory)
    clock.now += timedelta(days=1)
    look_twice(opened, seconds)
    assert period_of(TODAY, rotation).name not in names(directory)


def test_it_is_overwritten_and_not_only_deleted(
    salts, directory: Path, clock: Clock, seconds: Seconds, tmp_path: Path
) -> None:
    opened = salts()
    opened.of(TODAY)
    kept = tmp_path / "another name"
    os.link(directory / f"{TODAY}.daily", kept)
    clock.move(days=GRACE + 1)
    look_twice(opened, seconds)
    assert not kept.read_bytes().strip(b"\0")


def test_a_start_destroys_what_was_over_while_nothing_ran(salts, directory, clock, seconds) -> None:
    salts().of(TODAY)
    clock.move(days=100)
    look_twice(salts(), seconds)
    assert names(directory) == []


def test_one_of_another_rotation_is_destroyed_in_its_time(salts, directory, clock, seconds) -> None:
    salts("monthly").of(TODAY)
    look_twice(salts("daily"), seconds)
    assert names(directory) == ["2026-03-01.monthly"]
    clock.move(days=30)
    look_twice(salts("daily"), seconds)
    assert names(directory) == []


def test_a_clock_that_jumps_ahead_for_a_moment_takes_no_salt_away(
    salts, directory, clock, seconds
) -> None:
    opened = salts()
    salt = opened.of(TODAY)
    clock.move(days=100)
    opened.look()
    opened.of(clock().date())
    clock.now = NOON
    seconds.passed += SURE_AFTER_SECS
    opened.look()
    clock.move(days=100)
    opened.look()
    clock.now = NOON
    assert opened.of(TODAY) == salts().of(TODAY) == salt


def test_a_day_that_is_over_has_a_salt_in_memory_alone(salts, directory: Path) -> None:
    opened = salts()
    old = opened.of(days_ago(GRACE + 1))
    assert opened.of(days_ago(GRACE + 1)) == old
    assert opened.of(days_ago(GRACE + 2)) != old
    assert salts().of(days_ago(GRACE + 1)) != old
    assert not directory.exists()


def test_which_goes_when_the_import_has_ended(salts, seconds: Seconds) -> None:
    opened = salts()
    day = days_ago(400)
    first = opened.of(day)
    for _ in range(3):
        seconds.passed += PASSING_STAYS_SECS - 1
        opened.look()
        assert opened.of(day) == first
    seconds.passed += PASSING_STAYS_SECS
    opened.look()
    assert opened.of(day) != first


def test_a_day_s_ids_are_not_remembered_longer_than_its_salt(salts, clock, seconds) -> None:
    opened = salts()
    ids = VisitorIds("secret", "daily", opened)

    def one(day: date) -> str:
        return ids.visitor_id("docs", "198.51.100.1", "Firefox", day)

    first, old = one(TODAY), one(days_ago(9))
    assert one(TODAY) == first
    assert one(days_ago(9)) == old
    clock.move(days=GRACE + 1)
    seconds.passed += PASSING_STAYS_SECS
    ids.forget()
    opened.look()
    assert one(TODAY) != first
    assert one(days_ago(9)) != old


def test_the_next_period_s_salt_is_there_before_anyone_needs_it(
    salts, directory: Path, clock: Clock
) -> None:
    opened = salts()
    clock.now = NOON + timedelta(hours=12) - AHEAD
    opened.look()
    assert not directory.exists(), "nobody has asked for any yet"
    opened.of(TODAY)
    opened.look()
    assert names(directory) == [f"{TODAY}.daily", f"{TODAY + timedelta(days=1)}.daily"]


def test_a_damaged_salt_is_never_taken_for_another(salts, directory: Path) -> None:
    salt = salts().of(TODAY)
    path = directory / f"{TODAY}.daily"
    whole = path.read_bytes()
    for at in range(len(whole)):
        content = bytearray(whole)
        content[at] ^= 1 << 3 * at % 8
        path.write_bytes(content)
        renewed = salts().of(TODAY)
        assert renewed == salts().of(TODAY)
        assert renewed.hex().encode() != content[:64] or renewed == salt


def test_a_salt_that_cannot_be_kept_gives_no_ids(salts, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    opened = salts()
    monkeypatch.setattr(durable, "write_new", full)
    with pytest.raises(OSError, match="No space"):
        opened.of(TODAY)
    monkeypatch.undo()
    assert opened.of(TODAY) == salts().of(TODAY)


@pytest.mark.thorough
def test_killed_at_any_step_it_is_made_whole_or_not_at_all(salts, directory: Path) -> None:
    for _ in killed_before_each_step(lambda: salts().of(TODAY)):
        assert salts().of(TODAY) == salts().of(TODAY)
        salts().look()
        assert names(directory) == [f"{TODAY}.daily"]
        for path in directory.iterdir():
            path.unlink()
        directory.rmdir()


@pytest.mark.thorough
def test_killed_at_any_step_it_is_destroyed_all_the_same(
    salts, directory: Path, clock: Clock, seconds: Seconds
) -> None:
    def arrange() -> None:
        clock.now = NOON
        salts().of(TODAY)
        (directory / "2026-01-01.daily.new").touch()
        clock.now = NOON + timedelta(days=GRACE + 1)

    arrange()
    for _ in killed_before_each_step(lambda: look_twice(salts(), seconds)):
        look_twice(salts(), seconds)
        assert names(directory) == []
        arrange()
