"""Parts of files: which bytes a request is for, and when they are another download."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mallard.portal.ranges import is_download, part_of
from tests.conftest import NOON

TAG = '"tag"'
numbers = st.integers(min_value=0, max_value=40)


@given(numbers, numbers, st.integers(min_value=0, max_value=20))
def test_a_part_is_the_bytes_that_were_asked_for(first: int, last: int, size: int):
    content = bytes(range(size))
    part = part_of({"range": f"bytes={first}-{last}"}, size, TAG, NOON)
    found = content[part.start : part.start + part.length]
    if last < first:
        assert (part.status, found) == (200, content)
    elif first >= size:
        assert (part.status, found) == (416, b"")
    else:
        assert (part.status, found) == (206, content[first : last + 1])


@given(st.text(max_size=20))
def test_no_header_breaks_anything(text: str):
    for name in ("range", "if-range", "if-match", "if-none-match", "if-modified-since"):
        part = part_of({"range": "bytes=1-", name: text}, 10, TAG, NOON)
        assert part.status in (200, 206, 304, 412, 416)
        assert 0 <= part.start <= part.start + part.length <= 10
        is_download(206, text, {"range": text})


@pytest.mark.parametrize(
    ("status", "content_range", "asked", "is_one"),
    [
        (200, None, "", True),
        (200, None, "bytes=5-", True),
        (206, "bytes 0-9/10", "bytes=0-", True),
        (206, "bytes 0-9/10", "bytes=-10", True),
        (206, "bytes 5-9/10", "bytes=5-", False),
        (206, "bytes 10-19/20", "bytes=10-", False),
        (206, None, "bytes=0-1,5-9", True),
        (206, None, "bytes=5-9,0-1", False),
        (206, None, "", False),
        (304, None, "", False),
        (412, None, "", False),
        (416, "bytes */10", "bytes=99-", False),
    ],
)
def test_a_download_has_the_beginning(status, content_range, asked, is_one):
    assert is_download(status, content_range, {"range": asked}) is is_one
