"""How events stand in a segment, and what is left of one that was cut short, or has been damaged.

What a kill or a full disk has cut short was never acknowledged, and goes. What is whole and yet not
what was written is damage: that line alone is put aside, where it can be looked at.
"""

from __future__ import annotations

import enum
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import msgspec
import structlog

from mallard import durable
from mallard.model import MAX_SITE_ID, SITE_ID_PATTERN, Event

log = structlog.get_logger("mallard.ingest.journal")

SUFFIX = ".jsonl"
MENDED = ".mended"

_BEGIN = b'{"site_id":"'
_SUM = re.compile(rb',"crc":"([0-9a-f]{8})"\}\Z')
_SUM_BYTES = len(b',"crc":"01234567"}')
_SITE_ID = re.compile(SITE_ID_PATTERN)


class _Line(Event):
    """An event, and of those that were written together which one it is."""

    request: str = "/0"
    """A name that the events of one write share, and how many of them follow this one."""


_decoder = msgspec.json.Decoder(_Line)


def spelled(record: bytes) -> bytes:
    """The line of an event, given as JSON; a sum in it tells when a bit of it has changed."""
    body = record[:-1]
    return b'%b,"crc":"%08x"}\n' % (body, crc32(body))


def spelled_together(records: Sequence[bytes]) -> bytes:
    """The lines of events, each given as JSON, that are to be in a segment all or none."""
    if len(records) == 1:
        return spelled(records[0])
    name = secrets.token_hex(4).encode()
    following = range(len(records) - 1, -1, -1)
    return b"".join(
        spelled(b'%b,"request":"%b/%d"}' % (record[:-1], name, number))
        for record, number in zip(records, following, strict=True)
    )


def is_sound(segment: bytes) -> bool:
    """Whether a segment of this version ends with a line, and no line of it has changed."""
    *lines, tail = segment.split(b"\n")
    return not tail and all(_is_right(line) or line.isspace() for line in lines)


def mend(path: Path, quarantine: Path) -> None:
    """Rewrites a segment without what was never acknowledged, and what is damaged, if any is.

    A write cut short leaves the beginning of what was to be written, and the next event may stand
    right behind it. A record's first bytes occur nowhere else: quotes inside are escaped. Damaged
    lines are in a file of the `quarantine` before. Raises OSError.
    """
    *lines, tail = path.read_bytes().split(b"\n")
    pieces = [piece for line in lines for piece in _pieces(line)]
    if (last := _event(tail[:-1])) is not None:  # It is whole, and what ended its line has changed.
        pieces.append(_Piece(_Kind.EVENT, tail[:-1], last))
    whole = [piece.text for at, piece in enumerate(pieces) if _is_acknowledged(pieces, at)]
    if not tail and whole == lines:
        return
    _put_aside(path, [p.text for p in pieces if p.kind is _Kind.DAMAGED], quarantine)
    _replace(path, whole)


class _Kind(enum.Enum):
    EVENT = enum.auto()
    ERASED = enum.auto()
    """Blanks in its place: the lines of a write are counted."""
    CUT_SHORT = enum.auto()
    DAMAGED = enum.auto()


@dataclass(frozen=True, slots=True)
class _Piece:
    """What one write of one event has left."""

    kind: _Kind
    text: bytes
    event: _Line | None = None


def _pieces(line: bytes) -> Iterator[_Piece]:
    """The records of a line: more than one, where something did not get as far as its end."""
    begins = [at for at in _begins(line) if at > 0]
    for first, end in zip([0, *begins], begins, strict=False):
        yield _before_another(line[first:end])
    text = line[begins[-1] if begins else 0 :]
    if (event := _event(text)) is not None:
        yield _Piece(_Kind.EVENT, text, event)
    elif not text.strip(b"\0"):  # What a loss of power leaves of a write that was not yet durable.
        yield _Piece(_Kind.CUT_SHORT, text)
    else:
        yield _Piece(_Kind.ERASED if text.isspace() else _Kind.DAMAGED, text)


def _before_another(text: bytes) -> _Piece:
    """A record in front of another one: cut short, or what ended its line has changed."""
    event = _event(text[:-1])
    return _Piece(_Kind.EVENT, text[:-1], event) if event else _Piece(_Kind.CUT_SHORT, text)


def _begins(line: bytes) -> Iterator[int]:
    at = line.find(_BEGIN)
    while at >= 0:
        yield at
        at = line.find(_BEGIN, at + 1)


def _is_acknowledged(pieces: Sequence[_Piece], at: int) -> bool:
    """Whether it is a whole record, and no part of a write whose last one is missing."""
    piece = pieces[at]
    if piece.event is None:
        return piece.kind is _Kind.ERASED
    name, _, following = piece.event.request.partition("/")
    end = at + int(following)
    if end >= len(pieces) or pieces[end].kind is _Kind.CUT_SHORT:
        return False
    last = pieces[end].event
    # A last one that is damaged, or was erased, had been written.
    return last is None or last.request == f"{name}/0"


def _event(text: bytes) -> _Line | None:
    """The event of a whole record that is what was written; DuckDB reads it alike."""
    try:
        text.decode()
        event = _decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    is_of_a_site = len(event.site_id) <= MAX_SITE_ID and _SITE_ID.match(event.site_id)
    is_counted = re.fullmatch(r"[0-9a-f]*/[0-9]{1,6}", event.request)
    return event if _is_right(text) is not False and is_of_a_site and is_counted else None


def _is_right(line: bytes) -> bool | None:
    """Whether a line is what its sum is of; None for one without, as of earlier versions."""
    found = _SUM.search(line, max(len(line) - _SUM_BYTES, 0))
    return None if found is None else int(found[1], 16) == crc32(line[: found.start()])


def _replace(path: Path, lines: Sequence[bytes]) -> None:
    draft = path.with_suffix(MENDED)
    draft.unlink(missing_ok=True)  # which somebody who was killed has left
    durable.replace_file(path, b"".join(line + b"\n" for line in lines), draft)


def _put_aside(segment: Path, damaged: Sequence[bytes], quarantine: Path) -> None:
    if not damaged:
        return
    # Named after what it holds: a kill in between has it written again, not twice.
    kept = quarantine / f"{segment.stem}.{crc32(b''.join(damaged)):08x}{SUFFIX}"
    quarantine.mkdir(mode=0o700, parents=True, exist_ok=True)
    _replace(kept, damaged)
    log.error("Damaged lines of the journal were put aside", lines=len(damaged), file=str(kept))
