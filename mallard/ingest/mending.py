"""How events stand in a segment, and what is left of one that a kill or a full disk cut short."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path

import msgspec

from mallard.model import Event

MENDED = ".mended"

_BEGIN = b'{"site_id":"'


class _Line(Event):
    """An event, and of those that were written together which one it is."""

    request: str = "/0"
    """A name that the events of one write share, and how many of them follow this one."""


_decoder = msgspec.json.Decoder(_Line)


def spelled_together(records: Sequence[bytes]) -> bytes:
    """The lines of events, each given as JSON, that are to be in a segment all or none."""
    if len(records) == 1:
        return records[0] + b"\n"
    name = secrets.token_hex(4).encode()
    following = range(len(records) - 1, -1, -1)
    return b"".join(
        b'%b,"request":"%b/%d"}\n' % (record[:-1], name, number)
        for record, number in zip(records, following, strict=True)
    )


def mend(path: Path) -> None:
    """Rewrites a segment without what was never acknowledged, if there is any.

    A write cut short leaves the beginning of what was to be written, and the next event may stand
    right behind it. A record's first bytes occur nowhere else: quotes inside are escaped.
    """
    *lines, tail = path.read_bytes().split(b"\n")
    whole = _acknowledged(lines)
    if tail or whole != lines:
        mended = path.with_suffix(MENDED)
        with mended.open("wb") as file:
            file.write(b"".join(line + b"\n" for line in whole))
            file.flush()
            os.fsync(file.fileno())
        mended.replace(path)


def _acknowledged(lines: Sequence[bytes]) -> list[bytes]:
    """The whole records, but those of a write whose last one is missing.

    Erased events are blank lines. They stay, because the lines of a write are counted.
    """
    texts = [line[max(line.rfind(_BEGIN), 0) :] for line in lines]
    events = [_event(text) for text in texts]
    return [
        text
        for at, (text, event) in enumerate(zip(texts, events, strict=True))
        if text.isspace() or (event and _came_whole(texts, events, at, event.request))
    ]


def _came_whole(
    texts: Sequence[bytes], events: Sequence[_Line | None], at: int, request: str
) -> bool:
    name, _, following = request.partition("/")
    last = at + int(following)
    if last >= len(texts):
        return False
    event = events[last]
    return texts[last].isspace() or (event is not None and event.request == f"{name}/0")


def _event(text: bytes) -> _Line | None:
    try:
        return _decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
