"""Parts of files: which one a request is for, and whether it is a download or goes on with one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from werkzeug.http import parse_etags, parse_range_header
from werkzeug.sansio.http import is_resource_modified

_CONTENT_RANGE = re.compile(r"bytes +([0-9]{1,18})-")

Asked = Mapping[str, str]
"""The headers of a request that decide what of a file is sent, by their names in lower case."""

PASSED_ON = (
    "range",
    "if-range",
    "if-match",
    "if-none-match",
    "if-modified-since",
    "if-unmodified-since",
    "accept",
    "accept-encoding",
)
"""The names of these headers."""


@dataclass(frozen=True, slots=True)
class Part:
    """What of a file is sent, with which status."""

    status: int
    start: int
    length: int


def part_of(asked: Asked, size: int, etag: str, modified: datetime) -> Part:
    """The part that a request is for; the whole where it asks for several parts."""
    if not _is_modified(asked, etag, modified):
        return Part(412 if parse_etags(asked.get("if-match")) else 304, 0, 0)
    ranges = parse_range_header(asked.get("range"))
    if ranges is None or ranges.units != "bytes" or len(ranges.ranges) > 1:
        return Part(200, 0, size)
    if "if-range" in asked and _is_modified(asked, etag, modified, for_range=True):
        return Part(200, 0, size)
    part = ranges.range_for_length(size)
    if part is None:
        return Part(416, 0, 0)
    return Part(206, part[0], part[1] - part[0])


def is_download(status: int, content_range: str | None, asked: Asked) -> bool:
    """Whether an answer to GET is another download: the whole of a file, or its beginning.

    Of several parts in one answer the first that was asked for decides.
    """
    if status != 206:
        return status == 200
    if match := _CONTENT_RANGE.match(content_range or ""):
        return int(match[1]) == 0
    ranges = parse_range_header(asked.get("range"))
    return ranges is not None and ranges.ranges[0][0] == 0


def _is_modified(asked: Asked, etag: str, modified: datetime, for_range: bool = False) -> bool:
    return is_resource_modified(
        http_range=asked.get("range"),
        http_if_range=asked.get("if-range"),
        http_if_modified_since=asked.get("if-modified-since"),
        http_if_none_match=asked.get("if-none-match"),
        http_if_match=asked.get("if-match"),
        etag=etag,
        last_modified=modified,
        ignore_if_range=not for_range,
    )
