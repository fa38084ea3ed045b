"""What a kill or a full disk cut short is removed from a segment; what was acknowledged stays."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from mallard.ingest.mending import mend, spelled, spelled_together
from mallard.model import Period
from mallard.store.deletion.remnants import blank_out
from tests.builders import NOON, TODAY, an_event
from tests.ingest.test_journal import line, lines_in

TORN = line(7)[:-20]


@pytest.mark.parametrize(
    ("content", "whole"),
    [
        (b"", []),
        (line(1), [1]),
        (line(1) + TORN, [1]),
        (TORN, []),
        (line(1) + line(7)[:-1], [1]),
        (line(1) + line(7)[:5], [1]),
        (line(1) + TORN + line(2), [1, 2]),
        (TORN + line(1) + TORN + TORN + line(2) + TORN, [1, 2]),
        (line(1) + line(7)[:-1] + line(2), [1, 2]),
        (line(1) + b"{" + line(2), [1, 2]),
        (line(1) + bytes(4096), [1]),
        (line(1) + bytes(10) + b"\n" + line(2), [1, 2]),
        (line(1) + b"\n\n" + line(2), [1, 2]),
        (line(1) + b"\xff\xfe\n" + line(2), [1, 2]),
        (line(1) + line(7).replace(b'"/7"', b'"/\xff"') + line(2), [1, 2]),
    ],
    ids=range(15),
)
def test_mending_leaves_whole_events_and_nothing_else(
    tmp_path: Path, content: bytes, whole: list[int]
) -> None:
    path = tmp_path / "journal" / "segment.jsonl"
    path.parent.mkdir()
    path.write_bytes(content)
    mend(path, path.parent.parent / "aside")
    assert lines_in(path) == [line(number) for number in whole]
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("cut", range(0, len(line(7)), 13))
def test_a_line_may_be_cut_anywhere(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "journal" / "segment.jsonl"
    path.parent.mkdir()
    path.write_bytes(line(1) + line(7)[:cut] + line(2))
    mend(path, path.parent.parent / "aside")
    assert lines_in(path) == [line(1), line(2)]


def test_text_that_looks_like_a_record_is_no_beginning_of_one(tmp_path: Path) -> None:
    path = tmp_path / "journal" / "segment.jsonl"
    path.parent.mkdir()
    tricky = line(1, props='{"site_id":"x","a":"\n{\\"site_id\\":\\""}', event_name='{"site_id":"')
    path.write_bytes(tricky + TORN + tricky)
    mend(path, path.parent.parent / "aside")
    assert lines_in(path) == [tricky, tricky]


def test_a_whole_segment_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "journal" / "segment.jsonl"
    path.parent.mkdir()
    path.write_bytes(line(1) + line(2))
    before = path.stat()
    mend(path, path.parent.parent / "aside")
    assert path.stat() == before or path.stat().st_mtime_ns == before.st_mtime_ns


def batch(*numbers: int, **fields: str) -> bytes:
    return spelled_together([line(number, **fields).rstrip() for number in numbers])


def mended(path: Path, content: bytes) -> bytes:
    path.write_bytes(content)
    mend(path, path.parent.parent / "aside")
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "journal").mkdir()
    return tmp_path / "journal" / "segment.jsonl"


def test_one_event_alone_stands_like_any_other() -> None:
    assert batch(1) == spelled(line(1).rstrip())


def test_events_written_together_stay_together(path: Path) -> None:
    whole = line(1) + batch(2, 3, 4) + batch(5, 6) + line(7)
    assert mended(path, whole) == whole
    assert mended(path, whole + TORN) == whole


@pytest.mark.parametrize("behind", [b"", line(1), batch(8, 9), batch(8, 9) + line(1)])
@pytest.mark.parametrize("cut", range(0, len(batch(2, 3, 4)), 37))
def test_a_write_of_several_is_undone_wherever_it_was_cut(
    path: Path, cut: int, behind: bytes
) -> None:
    before = batch(5, 6)
    assert mended(path, before + batch(2, 3, 4)[:cut] + behind) == before + behind


@pytest.mark.parametrize("events", [1, 2])
def test_a_write_cut_between_two_events_is_undone_too(path: Path, events: int) -> None:
    whole = batch(2, 3, 4)
    cut = sum(map(len, whole.splitlines(keepends=True)[:events]))
    for behind in (b"", line(1), line(1) * 5, batch(7, 8, 9)):
        assert mended(path, whole[:cut] + behind) == behind


def test_two_halves_make_no_whole(path: Path) -> None:
    first, second = batch(2, 3, 4), batch(2, 3, 4)
    cut = len(b"".join(first.splitlines(keepends=True)[:2]))
    rest = len(b"".join(second.splitlines(keepends=True)[:1]))
    assert mended(path, first[:cut] + second[:rest]) == b""
    assert mended(path, first[:cut] + second) == second


@pytest.mark.parametrize("erased", [[2], [3], [4], [2, 4], [2, 3, 4]])
def test_erasing_some_events_of_a_write_keeps_the_others(path: Path, erased: list[int]) -> None:
    records = [
        msgspec.json.encode(
            an_event(NOON + timedelta(seconds=n), f"/{n}", site_id="x" if n in erased else "y")
        )
        for n in (2, 3, 4)
    ]
    path.write_bytes(line(1) + spelled_together(records) + line(5) + TORN)
    blank_out(path, "x", Period(TODAY, TODAY + timedelta(days=1)))
    for _ in range(2):
        mend(path, path.parent.parent / "aside")
        left = [text for text in lines_in(path) if text.strip()]
        paths = [msgspec.json.decode(text)["pathname"] for text in left]
        assert paths == [f"/{n}" for n in (1, 2, 3, 4, 5) if n not in erased]
