"""Bytes per event in compacted Parquet, against the journal and against ClickHouse's tables."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import duckdb
import msgspec

from benches import merge_tree, steady
from benches.apart import apart
from benches.figures import Figure, at_most
from benches.ingest import rows_in_parquet
from benches.sizes import Size
from benches.traffic import sample, with_engagement
from mallard.app import offline
from mallard.config import Settings
from mallard.demo.places import locate
from mallard.demo.replay import SteppingClock
from mallard.ingest.locations import Locate
from mallard.ingest.pipeline import RawEvent

BUSY_SHARE, QUIET_SHARE = 10, 5_000
"""The busy day has a tenth of the events that the size calls stored, the quiet one very few."""

MIDNIGHT = datetime(2026, 3, 18, tzinfo=UTC)
AIM = at_most(25)
THREADS = 2

BY_COLUMN = """
select path_in_schema, sum(total_compressed_size)
from parquet_metadata($tree)
group by all
order by 2 desc
limit 3
"""


@dataclass(frozen=True, slots=True)
class Sending:
    """Events as they arrive, where their visitors are, and how often they are flushed."""

    arrivals: Iterable[tuple[datetime, RawEvent]]
    locate: Locate
    flushed_every: timedelta


@dataclass(frozen=True, slots=True)
class Disk:
    """What events take once their days are over and compacted."""

    events: int
    files: int
    total_bytes: int
    journal_bytes: int
    columns: list[tuple[str, int]]
    clickhouse: dict[str, int]


def run(size: Size) -> list[Figure]:
    """The demo's month of two sites, a busy day, and a quiet one, flushed as a server does.

    The month is flushed every hour only, which saves time, and space in the files' footers.
    """
    busy = max(1, size.stored // BUSY_SHARE)
    quiet = max(1, size.stored // QUIET_SHARE)
    return [
        *_figures(
            f"a month of {size.events:,} events", _measured(_a_month(size.events, size.days))
        ),
        *_figures(
            f"a month of {size.events:,} events, and what pages tell of each view",
            _measured(_a_month(size.events, size.days, is_told=True)),
        ),
        *_figures(f"a day of {busy:,} events", _measured(_a_day(busy))),
        *_figures(f"a day of {quiet:,} events", _measured(_a_day(quiet))),
    ]


def _figures(name: str, disk: Disk) -> list[Figure]:
    aims = (at_most(1), None)
    return [
        Figure(f"{name}: bytes per event in Parquet", disk.total_bytes / disk.events, "B", AIM),
        *(Figure(f"of which {column}", part / disk.events, "B") for column, part in disk.columns),
        *(
            Figure(f"ours / ClickHouse's with {codec}", disk.total_bytes / theirs, "", aim)
            for (codec, theirs), aim in zip(disk.clickhouse.items(), aims, strict=False)
        ),
        Figure("Parquet files", disk.files),
        Figure("bytes per event in the journal", disk.journal_bytes / disk.events, "B"),
    ]


def _measured(sending: Sending) -> Disk:
    with TemporaryDirectory(prefix="mallard-bench-") as folder:
        data_dir = Path(folder) / "data"
        journal_bytes = _fill(data_dir, sending)
        tree = {"tree": str(data_dir / "events" / "*" / "*" / "*.parquet")}
        with duckdb.connect() as connection:
            columns = connection.execute(BY_COLUMN, tree).fetchall()
        sizes = [file.stat().st_size for file in (data_dir / "events").rglob("*.parquet")]
        events = rows_in_parquet(data_dir)
        clickhouse: dict[str, int] = {}
        with suppress(ImportError):
            clickhouse = apart(merge_tree.bytes_on_disk, data_dir, events, THREADS)
    return Disk(events, len(sizes), sum(sizes), journal_bytes, columns, clickhouse)


def _fill(data_dir: Path, sending: Sending) -> int:
    """Takes events in and compacts their days; the bytes that they took in the journal."""
    clock = SteppingClock()
    settings = Settings(data_dir=data_dir, secret="bench")
    with offline(settings, clock, sending.locate) as mallard:
        due = clock.now
        for at, event in sending.arrivals:
            if at >= due:
                mallard.flusher.roll()
                due = at + sending.flushed_every
            clock.now = at
            mallard.intake.take(event)
        journal_bytes = mallard.journal.size
        mallard.flusher.roll()
        clock.now += timedelta(days=1)
        mallard.upkeep.compact_all()
    return journal_bytes


def _a_month(events: int, days: int, is_told: bool = False) -> Sending:
    hits = sample(events, days)
    arrivals = (
        (hit.at, RawEvent(msgspec.json.encode(hit.body), hit.user_agent, hit.address))
        for hit in (with_engagement(hits) if is_told else hits)
    )
    return Sending(arrivals, locate, timedelta(hours=1))


def _a_day(events: int) -> Sending:
    """A day of visits by newcomers, at a steady rate but never on a beat."""
    gap, rng = timedelta(days=1) / events, Random(1)
    arrivals = (
        (MIDNIGHT + gap * (number + rng.random()), event)
        for number, event in enumerate(islice(steady.traffic(events), events))
    )
    return Sending(arrivals, steady.locate, timedelta(minutes=1))
