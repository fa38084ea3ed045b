"""Takes in batches that another server has collected, each once, however often it is told to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path

from mallard.store.engine.database import Connection
from mallard.store.parquet.columns import CAST_LIST, SELECT_LIST, from_parquet
from mallard.store.parquet.gone import Gone, passing_over
from mallard.store.parquet.partitions import Partition
from mallard.store.recovery import is_cold
from mallard.store.store import Store

Share = tuple[str, date, str]
"""A site and a day, and the batch of which this is the part."""

SHARES = "select distinct site_id, timestamp::date, batch from {rows} order by all"

HOT = """
select distinct site_id, timestamp::date, batch from events
where batch in (select unnest($batches))
"""

TAKE = """
insert into events (batch, {columns})
select batch, {values} from {rows}
where (site_id, timestamp::date, batch) in
    (select (s, d, b) from
        (select unnest($sites) as s, unnest($days) as d, unnest($batches) as b))
"""

LATEST = """
select site_id, visitor_id, epoch_us(max(timestamp)),
    arg_max([
        referrer_source, utm_source, utm_medium, utm_campaign, utm_content, utm_term
    ], timestamp),
    epoch_us(min(timestamp))
from {rows}
where timestamp >= $since and timestamp < $until
group by all
order by all
"""

Latest = tuple[tuple[str, str], int, tuple[str | None, ...], int]
"""Site and visitor, microseconds of the last event, its source and UTM values, and the first."""


def latest_of(
    store: Store, file: Path, gone: Sequence[Gone], since: datetime, until: datetime
) -> list[Latest]:
    """Who was active in a time, as such a file tells it. Raises duckdb.Error, OSError."""
    rows = passing_over(from_parquet([file]), gone)
    bound = {"since": since.replace(tzinfo=None), "until": until.replace(tzinfo=None)}
    with store.database.reader() as connection:
        found = connection.execute(LATEST.format(rows=rows), bound).fetchall()
    return [
        ((site, visitor), last_us, tuple(source), first_us)
        for site, visitor, last_us, source, first_us in found
    ]


def take(store: Store, file: Path, gone: Sequence[Gone], note: Callable[[Connection], None]) -> int:
    """Takes of a file what is not stored yet into the hot table; how many events that were.

    The file holds events of any sites and days, and names each one's batch; what of it is `gone`
    is passed over. `note` writes down in
    the same transaction that it was taken. Raises duckdb.Error, OSError, and then nothing was.
    """
    rows = passing_over(from_parquet([file]), gone)
    with store.database.writer() as writer:
        missing = _missing(store, writer, rows)
        writer.execute("begin")
        count = _insert(writer, rows, missing) if missing else 0
        note(writer)
        writer.execute("commit")
    return count


def _missing(store: Store, writer: Connection, rows: str) -> list[Share]:
    """The parts of batches that neither the hot table nor a file of the tree holds."""
    shares: list[Share] = writer.execute(SHARES.format(rows=rows)).fetchall()
    batches = sorted({batch for _, _, batch in shares})
    hot = set(writer.execute(HOT, {"batches": batches}).fetchall()) if batches else set()
    return [
        (site_id, day, batch)
        for site_id, day, batch in shares
        if (site_id, day, batch) not in hot and not is_cold(store, Partition(site_id, day), batch)
    ]


def _insert(writer: Connection, rows: str, shares: list[Share]) -> int:
    sites, days, batches = zip(*shares, strict=True)
    sql = TAKE.format(columns=SELECT_LIST, values=CAST_LIST, rows=rows)
    bound = {"sites": list(sites), "days": list(days), "batches": list(batches)}
    row = writer.execute(sql, bound).fetchone()
    return int(row[0]) if row else 0
