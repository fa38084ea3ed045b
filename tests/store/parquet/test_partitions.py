"""The Parquet tree, also where an operator has put something of his own into it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mallard.store.parquet.partitions import ColdFile, Partition, Partitions, directory_name, walk
from tests.builders import an_event, open_store, store_events
from tests.store.test_store import paths_seen

DAY = date(2026, 3, 18)


def put(tree: Partitions, partition: Partition, content: bytes = b"PAR1") -> Path:
    path = tree.next_path(partition)
    path.write_bytes(content)
    tree.set_files(partition, (*tree.files(partition), ColdFile(path)))
    return path


@given(st.lists(st.text("ab.-_:~", min_size=1, max_size=256), unique=True, max_size=5))
def test_different_sites_have_different_directories(site_ids: list[str]) -> None:
    names = [directory_name(site_id) for site_id in site_ids]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 255 for name in names)


def test_a_site_has_files_only_while_it_has_some(tmp_path: Path) -> None:
    tree = Partitions(tmp_path)
    partition = Partition("docs", DAY)
    assert not tree.has_files("docs")
    put(tree, partition)
    assert (tree.has_files("docs"), tree.sites()) == (True, ["docs"])
    tree.set_files(partition, ())
    assert (tree.has_files("docs"), tree.sites(), list(tree.partitions())) == (False, [], [])


def test_a_file_gets_a_number_above_all_that_are_known_or_there(tmp_path: Path) -> None:
    tree = Partitions(tmp_path)
    partition = Partition("docs", DAY)
    put(tree, partition).unlink()
    directory = tree.directory(partition)
    assert tree.next_path(partition).name == "0002.parquet"
    (directory / "0007.parquet.tmp").touch()
    assert tree.next_path(partition).name == "0008.parquet"
    (directory / "12345.parquet").touch()
    (directory / "notes-99999.parquet").touch()
    assert tree.next_path(partition).name == "12346.parquet"


def test_files_and_their_bytes_are_counted(tmp_path: Path) -> None:
    tree = Partitions(tmp_path)
    put(tree, Partition("docs", DAY), b"12345")
    put(tree, Partition("shop", DAY), b"123")
    assert tree.count() == (2, 8)


@pytest.mark.parametrize(
    "name",
    [
        "site_id=docs/date=2026-02-31/0001.parquet",
        "site_id=docs/date=yesterday/0001.parquet",
        "site_id=docs/notes.txt",
        "site_id=docs/date=2026-03-01",
        "site_id=docs/0001.parquet",
        "site_id=docs/date=2026-03-18/.hidden.parquet",
        "site_id=docs/date=2026-03-18/readme.txt",
        "lost+found/0001.parquet",
        "site_id=stray",
    ],
)
def test_whatever_else_lies_in_the_tree_is_left_alone(data_dir: Path, name: str) -> None:
    store = open_store(data_dir)
    store_events(store, "b1", [an_event(site_id="docs")])
    store.roll()
    store.close()
    stray = data_dir / "events" / name
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"not of our making")
    found = [path for _, _, paths in walk(data_dir / "events") for path in paths]
    assert [path.name for path in found] == ["0001.parquet"]
    again = open_store(data_dir)
    assert paths_seen(again, "docs") == ["/"]
    assert again.cold.quarantined() == 0
    again.close()
    assert stray.read_bytes() == b"not of our making"
