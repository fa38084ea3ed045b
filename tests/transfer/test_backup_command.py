"""`mallard backup` and `mallard restore` at the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from mallard.app import Mallard
from tests.builders import an_event, store_events
from tests.waiting import PATIENCE_SECS

Command = Callable[..., Result]


def test_the_command_writes_an_archive_and_refuses_to_overwrite_one(
    command: Command, start: Callable[..., Mallard], tmp_path: Path
):
    start().stop(PATIENCE_SECS)
    target = tmp_path / "b.tar.gz"
    result = command("backup", target)
    assert (result.exit_code, result.stdout) == (0, "")
    assert target.stat().st_mode & 0o777 == 0o600
    again = command("backup", target)
    assert again.exit_code == 1
    assert again.stderr == f"Error: {target} is there already; --force overwrites it\n"
    assert command("backup", target, "--force").exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.tar.gz", "data"]


def test_the_command_writes_to_standard_output_and_restores_from_standard_input(
    command: Command, start: Callable[..., Mallard], tmp_path: Path
):
    mallard = start()
    store_events(mallard.store, "b", [an_event()])
    mallard.stop(PATIENCE_SECS)
    archive = command("backup", "-").stdout_bytes
    restored = tmp_path / "restored"
    assert command("restore", "-", data_dir=restored, stdin=archive).exit_code == 0
    lines = command("export", "example.com", data_dir=restored).stdout.splitlines()
    assert len(lines) == 2


def test_a_backup_is_not_written_into_what_it_backs_up(
    command: Command, start: Callable[..., Mallard], data_dir: Path
):
    start().stop(PATIENCE_SECS)
    result = command("backup", data_dir / "b.tar")
    assert result.exit_code == 1
    assert "is in the data directory" in result.stderr


def test_something_that_is_no_file_is_never_replaced(
    command: Command, start: Callable[..., Mallard], tmp_path: Path
):
    start().stop(PATIENCE_SECS)
    result = command("backup", tmp_path, "--force")
    assert (result.exit_code, result.stderr) == (
        1,
        f"Error: {tmp_path} is no file; name one, or - for standard output\n",
    )


def test_restore_needs_the_directory_free(command: Command, mallard: Mallard, tmp_path: Path):
    archive = tmp_path / "b.tar"
    archive.write_bytes(b"".join(mallard.transfer.backup()))
    result = command("restore", archive, "--force")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "is in use by another Mallard" in result.stderr
    assert command("restore", tmp_path / "absent.tar").exit_code == 1
