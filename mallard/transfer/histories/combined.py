"""The combined log format of nginx and Apache, with or without the host in front."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from mallard.model import Event
from mallard.texts.said import said, within
from mallard.transfer.histories.logs import PageViews, Request
from mallard.transfer.histories.told import Told
from mallard.transfer.rows import BadRow

_QUOTED = r'"([^"\\]*(?:\\.[^"\\]*)*)"'
_LINE = re.compile(
    rf"([^\"]*?) \[([^\]\"]{{1,40}})\] {_QUOTED} (\d{{3}}) \S+(?: {_QUOTED} {_QUOTED})?"
)
_TIME = re.compile(r"(\d\d/[A-Z][a-z][a-z]/\d{4}:\d\d:\d\d):(\d\d) ([+-]\d{4})")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ESCAPED = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|(.))", re.DOTALL)
_CONTROLS = {b"t": b"\t", b"n": b"\n", b"r": b"\r"}


class Combined:
    """Reads its lines."""

    def __init__(self, told: Told) -> None:
        self._views = PageViews(told)

    def __call__(self, number: int, line: str) -> Event:
        """The event of a line. Raises BadRow and LeftOut."""
        return self._views.event(request_of(line))


def is_line(text: str) -> bool:
    """Whether a line is of this format."""
    try:
        request_of(text)
    except BadRow:
        return False
    return True


def request_of(line: str) -> Request:
    """The request that a line tells of. Raises BadRow."""
    found = _LINE.match(line)
    if found is None:
        raise BadRow(said("the line is not in the combined log format"))
    who, time, asked, status, referrer, agent = found.groups("")
    words = who.split(" ")
    # HOST ADDRESS IDENT USER, or without the host; the ident is a dash, and a user may have spaces.
    has_host = len(words) > 3 and words[1] != "-" and words[2] == "-"
    method, _, rest = _plain(asked).partition(" ")
    target, _, protocol = rest.rpartition(" ")
    return Request(
        at=_moment(time),
        address=words[1] if has_host else words[0],
        method=method,
        host=words[0] if has_host else None,
        target=target if protocol.startswith("HTTP/") else rest,
        status=int(status),
        referrer=_told(referrer),
        user_agent=_told(agent),
    )


def _moment(text: str) -> datetime:
    found = _TIME.fullmatch(text)
    try:
        if found is None:
            raise ValueError(text)
        minute, second, zone = found.groups()
        # A leap second is the last of its minute.
        return _minute(minute, zone).replace(second=min(int(second), 59))
    except (ValueError, OverflowError):
        raise BadRow(within(said("the time is none"), repr(text[:40]))) from None


@lru_cache(maxsize=256)
def _minute(text: str, zone: str) -> datetime:
    """When a minute begins, of which a log has many lines. Raises ValueError and OverflowError."""
    date, hour, minute = text.split(":")
    day, month, year = date.split("/")
    number = _MONTHS.index(month) + 1
    at = datetime(int(year), number, int(day), int(hour), int(minute), tzinfo=UTC)
    ahead = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
    return at - ahead if zone[0] == "+" else at + ahead


def _told(text: str) -> str:
    return "" if text == "-" else _plain(text)


def _plain(text: str) -> str:
    """A text without the escapes that servers write."""
    if "\\" not in text:
        return text
    return _ESCAPED.sub(_unescaped, text.encode()).decode("utf-8", "replace")


def _unescaped(found: re.Match[bytes]) -> bytes:
    if found[1]:
        return bytes((int(found[1], 16),))
    return _CONTROLS.get(found[2], found[2])
