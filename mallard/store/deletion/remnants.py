"""What deleted rows leave behind: in a journal segment, and in the database file."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from mallard.model import Period, midnight_us
from mallard.store.engine.database import Connection
from mallard.store.store import Store

FREE = """
select block_size, free_blocks from pragma_database_size()
where database_name = current_database()
"""
HOT_STORAGE = "select count(*) from pragma_storage_info('events')"
UUID_BYTES = 16
DROP_NOISE = "drop table if exists noise"
"""At a start, for what a kill in the middle of it, or a copy made then, has left."""


class _Line(msgspec.Struct):
    """The part of an event's line that tells its day."""

    timestamp: int


_decoder = msgspec.json.Decoder(_Line)


def blank_out(segment: Path, site_id: str, period: Period, before_us: int | None = None) -> None:
    """Overwrites a site's events of some days in a segment with blanks, which readers skip.

    Given a moment, only those that bear an earlier time. It is done in place: it needs no room, and
    a kill between two lines does no harm. Only for segments that are closed to writers. A segment
    that is gone is fine. Raises OSError.
    """
    begin = b'{"site_id":"%b",' % site_id.encode()
    start, end = (midnight_us(day) for day in (period.start, period.end))
    end = end if before_us is None else min(end, before_us)
    try:
        lines = segment.open("rb")
    except FileNotFoundError:
        return
    with lines, segment.open("r+b", buffering=0) as target:
        at = 0
        for line in lines:
            if line.startswith(begin) and start <= _time_us(line) < end:
                os.pwrite(target.fileno(), b" " * len(line.rstrip(b"\n")), at)
            at += len(line)
        os.fsync(target.fileno())


def clean_database(store: Store) -> bool:
    """Leaves nothing of deleted rows in the database file; False when that cannot be done now.

    DuckDB only marks rows as deleted until their table is empty and no older report runs, and it
    never overwrites what it has freed. So the hot table must be empty, and what is free is filled
    with noise once. Raises duckdb.Error.
    """
    with store.database.writer() as writer:
        if store.hot_rows():
            return False
        # A checkpoint passes over a table in which nothing has changed since the last one.
        writer.execute("create or replace table noise (x uuid)")
        writer.execute("checkpoint")
        is_empty = _number(writer, HOT_STORAGE) == 0
        if is_empty:
            _overwrite_free_blocks(writer)
        writer.execute(DROP_NOISE)
        writer.execute("checkpoint")
    return is_empty


def _overwrite_free_blocks(writer: Connection) -> None:
    block_size, free = writer.execute(FREE).fetchall()[0]
    rows = (free + 1) * block_size // UUID_BYTES
    writer.execute("insert into noise select gen_random_uuid() from range($rows)", {"rows": rows})
    writer.execute("checkpoint")


def _number(connection: Connection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row else 0


def _time_us(line: bytes) -> int:
    """The event's time; before all days for a line cut short, which nobody acknowledged."""
    try:
        return _decoder.decode(line).timestamp
    except msgspec.MsgspecError:
        return -1 << 63
