"""The document of notices is on the disk, whole, before anybody acts by it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import structs

from mallard.notices.book import MOST_TROUBLES, Book, Notice, ReportOf, Trouble
from mallard.notices.delivering import LONGEST_PAUSE, pause_after, with_notices
from mallard.notices.notebook import FILE, Notebook
from tests.conftest import NOON

NOTICE = Notice(
    id="1",
    by="mail",
    to="ada@example.com",
    content=ReportOf("example.com", "week", NOON.date()),
    made=NOON,
    next_try=NOON,
)


def test_what_is_noted_is_there_for_the_next_who_reads_it(tmp_path: Path):
    one = Notebook(tmp_path)
    assert one.book == Book() and list(tmp_path.iterdir()) == []
    one.change(lambda book: with_notices(book, [NOTICE]))
    one.change(lambda book: with_notices(book, [NOTICE]))
    assert Notebook(tmp_path).book.queue == (NOTICE,)
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_where_it_cannot_be_written_nothing_has_changed(tmp_path: Path):
    def gone() -> None:
        raise OSError("the directory is another one")

    one = Notebook(tmp_path, gone)
    with pytest.raises(OSError, match="another one"):
        one.change(lambda book: with_notices(book, [NOTICE]))
    assert one.book == Book()


def test_one_that_cannot_be_read_begins_anew(tmp_path: Path):
    (tmp_path / FILE).write_bytes(b"{\xff")
    assert Notebook(tmp_path).book == Book()


def test_only_the_latest_troubles_are_kept(tmp_path: Path):
    one = Notebook(tmp_path)
    many = tuple(Trouble(NOON, str(n), "report", "no") for n in range(MOST_TROUBLES + 3))
    one.change(lambda book: structs.replace(book, troubles=many))
    assert next(trouble.to for trouble in one.book.troubles) == "3"


def test_pauses_grow_to_an_hour():
    pauses = [pause_after(tries) for tries in range(8)]
    assert pauses[:4] == [timedelta(minutes=n) for n in (1, 2, 4, 8)]
    assert pauses == sorted(pauses) and pauses[-1] == pause_after(1000) == LONGEST_PAUSE
