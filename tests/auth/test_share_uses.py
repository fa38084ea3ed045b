"""On which day shared links were last used: kept, and of no weight when lost."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mallard.auth import uses
from mallard.auth.uses import Uses
from tests.conftest import Clock

DAY = date(2026, 3, 18)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "share_uses.json"


def test_the_day_of_the_last_use_outlives_a_restart(path: Path, clock: Clock) -> None:
    first = Uses(path, clock)
    assert first.last("a") is None
    first.note("a")
    clock.move(days=1)
    first.note("b")
    again = Uses(path, clock)
    assert (again.last("a"), again.last("b")) == (DAY, date(2026, 3, 19))


def test_it_is_written_once_a_day(path: Path, clock: Clock) -> None:
    one = Uses(path, clock)
    one.note("a")
    path.unlink()
    one.note("a")
    assert not path.exists()
    clock.move(days=1)
    one.note("a")
    assert path.exists()


@pytest.mark.parametrize("content", [b"", b"[]", b'{"a": 1}', b"\xff"])
def test_a_file_that_cannot_be_read_is_as_good_as_none(
    path: Path, clock: Clock, content: bytes
) -> None:
    path.write_bytes(content)
    one = Uses(path, clock)
    assert one.last("a") is None
    one.note("a")
    assert Uses(path, clock).last("a") == DAY


def test_a_full_disk_keeps_nobody_out(path: Path, clock: Clock, tmp_path: Path) -> None:
    (tmp_path / "tmp").write_text("no directory")
    one = Uses(path, clock)
    one.note("a")
    assert one.last("a") == DAY


def test_no_more_are_remembered_than_there_may_be(
    path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uses, "MOST", 2)
    one = Uses(path, clock)
    for name in ("a", "b", "c"):
        one.note(name)
        clock.move(days=1)
    assert [one.last(name) for name in ("a", "b", "c")] == [
        None,
        date(2026, 3, 19),
        date(2026, 3, 20),
    ]
