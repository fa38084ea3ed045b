"""The list of who did what: whole after a kill, bounded in size."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from mallard.auth.audit import AuditList
from tests.conftest import Clock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


def test_the_last_deed_comes_first_over_a_restart_too(path: Path, clock: Clock) -> None:
    AuditList(path, clock).add("Grace", "made a key", "<nightly>")
    clock.move(hours=1)
    AuditList(path, clock).add("Ada", "revoked a key", "nightly")
    found = AuditList(path, clock).latest(10)
    assert [(one.who, one.what, one.of) for one in found] == [
        ("Ada", "revoked a key", "nightly"),
        ("Grace", "made a key", "<nightly>"),
    ]
    assert [one.at.hour for one in found] == [13, 12]
    assert len(AuditList(path, clock).latest(1)) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_without_a_deed_there_is_no_file(path: Path, clock: Clock) -> None:
    assert AuditList(path, clock).latest(5) == [] and not path.exists()


def test_killed_within_a_line_the_list_goes_on_behind_the_last_whole_one(
    path: Path, clock: Clock
) -> None:
    AuditList(path, clock).add("Grace", "first")
    AuditList(path, clock).add("Grace", "second")
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for length in range(first, len(whole)):
        path.write_bytes(whole[:length])
        assert [one.what for one in AuditList(path, clock).latest(9)] == ["first"]
        AuditList(path, clock).add("Grace", "third")
        assert [one.what for one in AuditList(path, clock).latest(9)] == ["third", "first"]


def test_the_files_never_grow_beyond_their_bound(path: Path, clock: Clock) -> None:
    audit = AuditList(path, clock, most_bytes=1_000)
    for number in range(60):
        audit.add("Grace", f"deed {number}")
    sizes = [one.stat().st_size for one in path.parent.iterdir()]
    assert len(sizes) == 2 and max(sizes) <= 1_000
    found = [one.what for one in audit.latest(100)]
    assert found == [f"deed {number}" for number in range(59, 59 - len(found), -1)]
    assert len(found) > 10


def test_no_text_is_too_long_for_it(path: Path, clock: Clock) -> None:
    audit = AuditList(path, clock)
    audit.add("x" * 100_000, "y" * 100_000, "\n\x00" * 100_000)
    assert path.stat().st_size < 4_000
    assert audit.latest(1)[0].who == "x" * 300


def test_a_full_disk_undoes_nothing(
    path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = AuditList(path, clock)
    audit.add("Grace", "first")

    def short(descriptor: int, line: bytes) -> int:
        return write(descriptor, line[:5])

    write = os.write
    monkeypatch.setattr(os, "write", short)
    audit.add("Grace", "lost")
    monkeypatch.undo()
    audit.add("Grace", "second")
    assert [one.what for one in audit.latest(9)] == ["second", "first"]
