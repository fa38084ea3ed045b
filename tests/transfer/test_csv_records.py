"""CSV as others write it, and as nobody should."""

from __future__ import annotations

import io

import pytest

from mallard.transfer import csv_records
from mallard.transfer.csv_records import records, unguarded
from mallard.transfer.rows import BadRow


def read(text: str | bytes) -> list[tuple[int, list[str | None] | str]]:
    content = text if isinstance(text, bytes) else text.encode()
    found = records(io.BytesIO(content))
    return [(n, str(row) if isinstance(row, BadRow) else row) for n, row in found]


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("a,b", ["a", "b"]),
        (",", [None, None]),
        ('"",', ["", None]),
        (',""', [None, ""]),
        ('"a,b",c', ["a,b", "c"]),
        ('"say ""hi""",', ['say "hi"', None]),
        ('"""",a', ['"', "a"]),
        (" a , b ", [" a ", " b "]),
        ("a", ["a"]),
        ('"a\r",b', ["a\r", "b"]),
        ("a\0b,c", ["a\0b", "c"]),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_fields_are_told_apart_and_null_from_empty(line: str, fields: list[str], end: str):
    assert read(line + end) == [(1, fields)]


def test_a_quoted_field_may_hold_lines_and_the_number_is_that_of_the_first():
    assert read('a,"1\n2\r\n3"\nb,c\n') == [(1, ["a", "1\n2\r\n3"]), (4, ["b", "c"])]


def test_lines_without_anything_are_no_rows():
    assert read("a\n\n\r\nb\n") == [(1, ["a"]), (4, ["b"])]


@pytest.mark.parametrize("line", ['a"b"', '"a"b', '"a" ,b', 'a,"b"c'])
def test_a_quote_in_the_wrong_place_is_bad(line: str):
    assert read(f"{line}\nnext\n") == [(1, "a quote stands where none may be"), (2, ["next"])]


def test_a_quote_that_is_never_closed_costs_its_line_alone():
    assert read('a\n"b\nc\nd\n') == [
        (1, ["a"]),
        (2, "a quote is never closed"),
        (3, ["c"]),
        (4, ["d"]),
    ]


def test_a_quote_is_not_waited_for_forever(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(csv_records, "LONGEST_RECORD", 20)
    text = '"a\n' + "0123456789\n" * 5 + '"b"\n'
    found = read(text)
    assert found[0] == (1, "a quote is never closed")
    assert found[1:] == [*((n, ["0123456789"]) for n in range(2, 7)), (7, ["b"])]


def test_a_line_without_an_end_is_not_kept_in_memory(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(csv_records, "LONGEST_LINE", 16)
    found = read("a\n" + "x" * 100 + '\n"b\n' + "y" * 40 + '"\nc\n')
    assert found == [
        (1, ["a"]),
        (2, "the line is longer than 16 bytes"),
        (3, "a quote is never closed"),
        (4, "the line is longer than 16 bytes"),
        (5, ["c"]),
    ]


def test_what_is_not_utf8_is_bad():
    assert read(b"a\n\xff\xfe\nb\n")[1] == (2, "the line is not UTF-8 text")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("'=1", "=1"),
        ("''", "'"),
        ("''=1", "'=1"),
        ("'\t", "\t"),
        ("'tis", "'tis"),
        ("'", "'"),
        ("=1", "=1"),
        ("", ""),
        (None, None),
    ],
)
def test_only_a_quote_that_guards_is_taken_away(written: str | None, meant: str | None):
    assert unguarded(written) == meant
