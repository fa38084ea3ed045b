"""The data directory belongs to one process, for as long as that lives and no longer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mallard.model import MallardError
from mallard.store.engine.directory import OURS, DataDirectory, DirectoryLocked

HOLD_AND_DIE = """
import os, signal, sys
from pathlib import Path
from mallard.store.engine.directory import DataDirectory

directory = DataDirectory(Path(sys.argv[1]))
print("locked", flush=True)
sys.stdin.read()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_directory_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path / "deep" / "data")
    assert directory.path.stat().st_mode & 0o777 == 0o700
    assert (directory.path / ".lock").stat().st_mode & 0o777 == 0o600
    directory.close()


def test_a_directory_in_use_is_refused_by_name(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    with pytest.raises(DirectoryLocked, match=tmp_path.name):
        DataDirectory(tmp_path)
    directory.close()
    assert directory.is_closed
    DataDirectory(tmp_path).close()


def test_a_refusal_takes_nothing_away_from_the_holder(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    for _ in range(3):
        with pytest.raises(DirectoryLocked):
            DataDirectory(tmp_path)
    directory.close()


def test_two_directories_may_be_used_at_once(tmp_path: Path) -> None:
    one, two = DataDirectory(tmp_path / "one"), DataDirectory(tmp_path / "two")
    one.close()
    two.close()


def test_the_kernel_unlocks_when_the_holder_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_AND_DIE, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        with pytest.raises(DirectoryLocked):
            DataDirectory(tmp_path)
        holder.communicate("")
    assert holder.returncode == -9
    DataDirectory(tmp_path).close()


@pytest.mark.parametrize("name", OURS)
def test_each_of_our_files_has_to_be_usable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    directory = DataDirectory(tmp_path)
    directory.check()
    (tmp_path / name).touch()
    monkeypatch.setattr(os, "access", lambda path, *_args, **_named: Path(path).name != name)
    with pytest.raises(MallardError, match="belongs to") as error:
        directory.check()
    assert str(tmp_path / name) in str(error.value)
    directory.close()


def test_what_is_not_ours_may_be_anybodys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = DataDirectory(tmp_path)
    (tmp_path / "lost+found").mkdir()
    monkeypatch.setattr(os, "access", lambda path, *_args, **_named: "lost" not in str(path))
    directory.check()
    directory.close()
