"""Short-lived files do not outlive their use, nor the process that made them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mallard.store.engine.scratch import Scratch


def below(data_dir: Path) -> list[Path]:
    return sorted((data_dir / "tmp").rglob("*"))


def test_a_file_and_a_directory_are_gone_afterwards(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path)
    with scratch.file() as file, scratch.directory() as directory:
        file.touch()
        (directory / "inside").touch()
        assert len(below(tmp_path)) == 3
        assert directory.stat().st_mode & 0o777 == 0o700
    assert below(tmp_path) == []


def test_they_are_gone_after_a_failure_too(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="full"), Scratch(tmp_path).directory() as directory:
        (directory / "inside").touch()
        raise OSError("full")
    assert below(tmp_path) == []


def test_a_start_clears_what_a_killed_process_left_and_nothing_of_others(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path)
    scratch.clear()
    with scratch.file() as file, scratch.directory() as directory:
        (directory / "inside").touch()
        file.touch()
        (file.parent / "duckdb_temp_storage-0.tmp").touch()
        (file.parent / "of-others").touch()
        Scratch(tmp_path).clear()
        left = [path.name for path in below(tmp_path)]
    assert left == ["of-others"]
