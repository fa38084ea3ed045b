"""backup.sh and restore.sh with a real server: what they write can be put back."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.files import DEPLOY, ROOT
from tests.end_to_end.process import Server, post, running

PASSPHRASE = "0123456789abcdef" * 4


class Place:
    """A server's directories, with a stand-in for Docker."""

    def __init__(self, base: Path, gnupg: str) -> None:
        self.root = base / "root"
        self.data = base / "data"
        self.backups = self.root / "srv" / "mallard" / "backup"
        programs = base / "programs"
        (self.root / "etc").mkdir(parents=True)
        (self.root / "etc" / "mallard-backup.key").write_text(f"{PASSPHRASE}\n")
        programs.mkdir()
        (programs / "docker").symlink_to(ROOT / "tests" / "deploy" / "compose_stand_in.sh")
        self._variables = {
            "MM_ROOT": str(self.root),
            "MALLARD_DATA_DIR": str(self.data),
            "MM_PYTHON": sys.executable,
            "GNUPGHOME": gnupg,
            "PATH": f"{programs}:{os.environ['PATH']}",
        }

    def run(self, script: str, *arguments: str | Path, **variables: str) -> tuple[int, str]:
        """Exit code and output of one of the scripts."""
        done = subprocess.run(
            ["bash", str(DEPLOY / script), *map(str, arguments)],
            env=os.environ | self._variables | variables,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def backup(self, **variables: str) -> Path:
        """The file of a backup that is made now."""
        code, output = self.run("backup.sh", **variables)
        assert code == 0, output
        return max(self.backups.glob("mallard-*"))

    def asked(self) -> list[str]:
        """What Docker was asked for, in order."""
        return (self.root / ".asked").read_text().splitlines()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    # gpg's sockets need a short path.
    with tempfile.TemporaryDirectory(prefix="gpg") as gnupg:
        yield Place(tmp_path, gnupg)
        subprocess.run(["gpgconf", "--kill", "all"], env=os.environ | {"GNUPGHOME": gnupg})


def visit(server: Server, times: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    for number in range(times):
        assert post(connection, f"/{number}") == 202
    connection.close()


def test_a_backup_is_made_beside_the_running_server_and_put_back_twice(place: Place) -> None:
    with running(place.data) as server:
        visit(server, 3)
        backup = place.backup()
        visit(server, 2)
        assert server.total() == 5
    for _ in range(2):
        code, output = place.run("restore.sh", backup)
        assert code == 0, output
        assert [line.split()[0] for line in place.asked()[-3:]] == ["stop", "run", "start"]
        with running(place.data) as server:
            assert server.total() == 3


def test_a_backup_is_closed_to_everybody_else(place: Place) -> None:
    with running(place.data) as server:
        visit(server, 1)
        backup = place.backup()
    assert backup.stat().st_mode & 0o777 == 0o600
    assert b"example.com" not in backup.read_bytes()
    (place.root / "etc" / "mallard-backup.key").write_text("another passphrase\n")
    code, _ = place.run("restore.sh", backup)
    assert code != 0
    with running(place.data) as server:
        assert server.total() == 1


def test_the_newest_backups_are_kept(place: Place) -> None:
    place.backups.mkdir(parents=True)
    older = [f"mallard-2026010{day}T023000Z.tar.gz.gpg" for day in range(1, 6)]
    for name in (*older, "my own file"):
        (place.backups / name).touch()
    (place.backups / ".mallard-20260106T023000Z.tar.gz.gpg.partial").touch()
    with running(place.data):
        newest = place.backup(MM_BACKUP_KEEP="3")
    names = sorted(path.name for path in place.backups.iterdir())
    assert names == sorted([*older[-2:], newest.name, "my own file"])


@pytest.mark.parametrize("cut_off_after", ["0", "2000"])
def test_a_backup_that_breaks_off_is_none_and_costs_no_other(
    place: Place, cut_off_after: str
) -> None:
    place.backups.mkdir(parents=True)
    (place.backups / "mallard-20260101T023000Z.tar.gz.gpg").touch()
    with running(place.data) as server:
        visit(server, 1)
        code, output = place.run("backup.sh", MM_BACKUP_KEEP="1", MM_CUT_OFF_AFTER=cut_off_after)
    assert code != 0, output
    names = [path.name for path in place.backups.iterdir()]
    assert names == ["mallard-20260101T023000Z.tar.gz.gpg"]


def test_without_a_server_there_is_no_backup_but_a_reason(place: Place) -> None:
    code, output = place.run("backup.sh")
    assert code != 0
    assert "Error" in output
    assert not list(place.backups.iterdir())


def test_a_damaged_backup_changes_nothing_and_mallard_starts_again(place: Place) -> None:
    with running(place.data) as server:
        visit(server, 3)
        backup = place.backup()
        visit(server, 2)
    whole = backup.read_bytes()
    backup.write_bytes(whole[: len(whole) // 2])
    code, _ = place.run("restore.sh", backup)
    assert code != 0
    assert place.asked()[-1].startswith("start")
    with running(place.data) as server:
        assert server.total() == 5


@pytest.mark.parametrize("keep", ["0", "-1", "many"])
def test_a_number_of_backups_that_is_none_is_refused(place: Place, keep: str) -> None:
    code, output = place.run("backup.sh", MM_BACKUP_KEEP=keep)
    assert code == 1
    assert keep in output
