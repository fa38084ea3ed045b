"""A restore that is killed or fails leaves the old or the new, whole; nobody gets in meanwhile."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
from collections.abc import Callable
from itertools import islice, pairwise
from pathlib import Path

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.auth.access import open_access
from mallard.model import MallardError
from mallard.register.files import Files
from mallard.store.engine import exchange
from mallard.store.engine.directory import DataDirectory
from mallard.store.engine.exchange import ACCESS, INTENT, PLACE
from mallard.transfer.backup import CONTENTS
from mallard.transfer.restoring import BadArchive, restore
from mallard.wsgi import application
from tests.killing import killed_before_each_step
from tests.transfer.archives import content_of, packed, put_back
from tests.waiting import PATIENCE_SECS

OLD = {
    "mallard.duckdb": b"old database",
    "mallard.duckdb.wal": b"old log",
    "password": b"old hash",
    "api_keys.json": b"old keys",
    ".secret": b"old secret",
    "events/site_id=a/date=2026-01-01/0001.parquet": b"old events",
    "journal/1.jsonl": b"old line",
}
NEW = {
    "mallard.duckdb": b"new database",
    "password": b"new hash",
    ".secret": b"new secret",
    "events/site_id=b/date=2026-01-01/0001.parquet": b"new events",
    "event-counts.json": b"new counts",
}
OPEN = {"mallard.duckdb": b"of an instance without a password"}


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What else the machine has to write must not keep these tests waiting."""
    monkeypatch.setattr(os, "sync", lambda: None)


@pytest.fixture
def there(tmp_path: Path) -> Path:
    return tmp_path / "there"


def lay_out(there: Path) -> None:
    shutil.rmtree(there, ignore_errors=True)
    for name, content in OLD.items():
        (there / name).parent.mkdir(parents=True, exist_ok=True)
        (there / name).write_bytes(content)


def top(files: dict[str, bytes]) -> set[str]:
    """The names that the files have at the top of the directory."""
    return {Path(name).parts[0] for name in files}


@pytest.mark.thorough
@pytest.mark.parametrize("new", [NEW, OPEN], ids=["with a password", "without one"])
def test_killed_at_any_step_it_is_the_old_or_the_new(there: Path, new: dict[str, bytes]) -> None:
    archive = packed(new)
    lay_out(there)
    found = []
    for _ in killed_before_each_step(lambda: put_back(archive, there, force=True)):
        names = set(os.listdir(there))
        assert ACCESS & OLD.keys() & new.keys() <= names, "somebody could get in"
        is_bare = not ACCESS & OLD.keys() <= names
        assert not is_bare or top(new) <= names, "access files go last"
        DataDirectory(there).close()
        found.append(content_of(there))
        assert found[-1] in (OLD, new)
        assert not (there / PLACE).exists(), "secrets were left lying about"
        lay_out(there)
    assert (found[0], found[-1]) == (OLD, new)
    changes = [before != after for before, after in pairwise(found)]
    assert sum(changes) == 1, "there is one moment from which on it is the new"


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["event-counts.json", "mallard.duckdb"])
def test_killed_at_any_step_of_going_back_it_is_the_old(
    there: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A step that cannot be made, such as a mount point in the way, undoes those before it."""
    archive = packed(NEW)
    lay_out(there)

    def run() -> None:
        fail_to_bring(name, monkeypatch)
        with pytest.raises(MallardError, match="holds what it held before"):
            put_back(archive, there, force=True)

    for step in killed_before_each_step(run):
        if step % 3 == 0:
            DataDirectory(there).close()
            assert content_of(there) in (OLD, NEW)
        lay_out(there)


def fail_to_bring(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is new under that name cannot be moved to where it belongs."""
    for function in ("rename", "replace"):
        real = getattr(os, function)

        def moved(path: Path, to: Path, real: Callable[..., None] = real) -> None:
            if Path(path).name == name and Path(path).parent.name == "new":
                raise OSError("in the way")
            real(path, to)

        monkeypatch.setattr(os, function, moved)


@pytest.mark.parametrize("name", ["mallard.duckdb", "events", "password", "event-counts.json"])
def test_what_was_there_is_there_when_it_fails(
    there: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    lay_out(there)
    fail_to_bring(name, monkeypatch)
    with pytest.raises(MallardError, match=r"in the way; .* holds what it held before"):
        put_back(packed(NEW), there, force=True)
    assert content_of(there) == OLD
    assert not (there / PLACE).exists()
    monkeypatch.undo()
    put_back(packed(NEW), there, force=True)
    assert content_of(there) == NEW


def test_where_it_can_neither_be_finished_nor_undone_nobody_opens_it(
    there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out(there)

    def refuse(path: Path, _to: Path) -> None:
        if PLACE in Path(path).parts or Path(path).name == "events":
            raise OSError("in the way")

    monkeypatch.setattr(exchange, "_move", refuse)
    with pytest.raises(MallardError, match="neither finished nor undone"):
        put_back(packed(NEW), there, force=True)
    with pytest.raises(MallardError, match="neither finished nor undone"):
        DataDirectory(there)
    monkeypatch.undo()
    DataDirectory(there).close()
    assert content_of(there) == OLD


def test_an_intent_that_cannot_be_read_is_not_passed_over(there: Path) -> None:
    lay_out(there)
    (there / PLACE / "new").mkdir(parents=True)
    for content in (b"", b"{}", b"[]", b'{"coming": [], "going": [], "is_back": false, "x": 1}'):
        (there / PLACE / INTENT).write_bytes(content)
        with pytest.raises(MallardError, match="neither finished nor undone"):
            DataDirectory(there)
    assert (there / PLACE / "new").exists()


def test_a_name_that_is_no_text_is_carried_too(there: Path) -> None:
    lay_out(there)
    (there / os.fsdecode(b"odd \xff")).write_bytes(b"mine")
    put_back(packed(NEW), there, force=True)
    assert content_of(there) == NEW


@pytest.mark.thorough
@pytest.mark.parametrize("kills", [11, 17, 23, 29])
def test_a_start_after_a_kill_lets_no_stranger_in(
    start: Callable[..., Mallard], data_dir: Path, kills: int
) -> None:
    """With real instances, whose old and new passwords differ."""
    first = start()
    first.access.set_up("the new password")
    archive = b"".join(first.transfer.backup())
    first.access.passwords.change("the old password")
    first.stop(PATIENCE_SECS)
    runs = killed_before_each_step(lambda: put_back(archive, data_dir, force=True))
    assert len(list(islice(runs, kills))) == kills
    again = start()
    assert Client(application(again)).get("/api/keys").status_code == 401
    known = [again.access.passwords.matches(f"the {age} password") for age in ("old", "new")]
    assert sorted(known) == [False, True]


def test_the_directory_s_own_room_is_all_it_takes(there: Path, tmp_path: Path) -> None:
    """A volume of its own, or a directory whose parent is another user's."""
    lay_out(there)
    put_back(packed(NEW), there, force=True)
    assert content_of(there) == NEW
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def a_sparse_archive(size: int) -> bytes:
    """An archive of some kilobytes, one of whose files is said to be that large."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        info = tarfile.TarInfo("mallard.duckdb")
        info.pax_headers = {
            "GNU.sparse.major": "1",
            "GNU.sparse.minor": "0",
            "GNU.sparse.name": "mallard.duckdb",
            "GNU.sparse.realsize": str(size),
        }
        sparse_map = b"1\n0\n1\n".ljust(512, b"\0") + b"x"
        info.size = len(sparse_map)
        tar.addfile(info, io.BytesIO(sparse_map))
    return out.getvalue()


def test_a_sparse_file_is_refused(there: Path) -> None:
    with pytest.raises(BadArchive, match="which no backup of ours does"):
        put_back(a_sparse_archive(36 << 30), there)
    assert not there.exists()


def test_what_the_disk_has_no_room_for_is_refused_before_it_is_full(there: Path) -> None:
    out = io.BytesIO()
    info = tarfile.TarInfo("mallard.duckdb")
    info.size = 1 << 60
    out.write(info.tobuf(tarfile.GNU_FORMAT))
    with pytest.raises(BadArchive, match="there is room for"):
        restore(io.BytesIO(out.getvalue()), there)
    assert not there.exists()


def test_the_password_that_was_restored_is_the_one_that_counts(
    there: Path, start: Callable[..., Mallard], clock
) -> None:
    mallard = start()
    mallard.access.set_up("the new password")
    archive = b"".join(mallard.transfer.backup())
    assert CONTENTS.encode() in archive
    there.mkdir()
    open_access(Files(there), there, None, 60, 5, 60, clock, clock.timer).set_up("the old password")
    put_back(archive, there, force=True)
    access = open_access(Files(there), there, None, 60, 5, 60, clock, clock.timer)
    assert access.passwords.matches("the new password")
    assert not access.passwords.matches("the old password")
