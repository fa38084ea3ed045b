"""Small archives that hold much: refused before they fill the memory or the disk."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from mallard.transfer import room
from mallard.transfer.day_figures.files import tables_in
from mallard.transfer.sources import Unreadable
from tests.transfer.day_figures import exports
from tests.transfer.histories import umami_rows

Command = Callable[..., Result]


def test_an_archive_with_a_long_list_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "many.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(600):
            member = zipfile.ZipInfo(f"{number}.csv")
            member.comment = b"x" * 2000
            archive.writestr(member, "")
    with pytest.raises(Unreadable, match="at once is too long"):
        tables_in(file)


def test_an_archive_that_is_in_order_is_read(tmp_path: Path) -> None:
    file = exports.zipped(tmp_path / "a.zip", {"a.csv": "x" * (3 << 20), "b/c.csv": "1\n2\n"})
    first, second = tables_in(file)
    assert (first.name, second.name) == ("a.csv", "c.csv")
    with second.opened() as text:
        assert text.readlines() == [b"1\n", b"2\n"]
    with first.opened() as text:
        assert sum(map(len, iter(lambda: text.read(1000), b""))) == 3 << 20


def test_a_disk_that_is_nearly_full_is_not_filled_by_figures_of_days(
    command: Command, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = exports.plausible_zip(tmp_path / "a.zip")
    monkeypatch.setattr(room, "LEAST_FREE_BYTES", 1 << 62)
    result = command("import", "--site", "example.com", file)
    assert (result.exit_code, "not enough room to unpack it" in result.stderr) == (2, True)
    assert not (data_dir / "imported").exists()


def test_nor_by_a_packed_table_that_lies_beside_events(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = umami_rows.a_table(tmp_path / "website_event.csv", umami_rows.EVENT, [{}])
    plain = umami_rows.a_table(tmp_path / "session.csv", umami_rows.SESSION, [{}])
    packed = tmp_path / "session.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert command("import", "--site", "example.com", events, packed).exit_code == 0
    monkeypatch.setattr(room, "LEAST_FREE_BYTES", 1 << 62)
    result = command("import", "--site", "other.example", events, packed)
    assert (result.exit_code, "not enough room to unpack it" in result.stderr) == (2, True)
