"""Bytes per event on disk: in Parquet, against the journal's JSON lines."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import msgspec

from benches.figures import Figure
from benches.sizes import Size
from benches.traffic import sample
from mallard.app import offline
from mallard.config import Settings
from mallard.demo.places import locate
from mallard.demo.replay import SteppingClock
from mallard.ingest.pipeline import RawEvent

DAYS = 30

BY_FILE = """
select count(*), file_size_bytes
from read_parquet($tree, filename = true)
join parquet_file_metadata($tree) as footer on footer.file_name = filename
group by filename, file_size_bytes
order by count(*) desc
"""

BY_COLUMN = """
select path_in_schema, sum(total_compressed_size)
from parquet_metadata($tree)
group by all
order by 2 desc
limit 3
"""


def run(size: Size) -> list[Figure]:
    """A month of two sites, written once: one file for each site and day, as after compaction."""
    with TemporaryDirectory(prefix="mallard-bench-") as folder:
        data_dir = Path(folder) / "data"
        journal_bytes = _fill(data_dir, size.events)
        tree = {"tree": str(data_dir / "events" / "*" / "*" / "*.parquet")}
        with duckdb.connect() as connection:
            files = connection.execute(BY_FILE, tree).fetchall()
            columns = connection.execute(BY_COLUMN, tree).fetchall()
    stored = sum(rows for rows, _ in files)
    total_bytes = sum(file_bytes for _, file_bytes in files)
    most_rows, its_bytes = files[0]
    largest = its_bytes / most_rows
    return [
        Figure("events stored", stored),
        Figure("Parquet files", len(files)),
        Figure("bytes per event in Parquet", total_bytes / stored, "B"),
        Figure(f"bytes per event in the largest day ({most_rows:,} events)", largest, "B"),
        *(Figure(f"of which {name}", part / stored, "B") for name, part in columns),
        Figure("bytes per event in the journal", journal_bytes / stored, "B"),
        Figure("Parquet as a share of the journal", total_bytes / journal_bytes),
    ]


def _fill(data_dir: Path, events: int) -> int:
    """Takes the demo's events in; the bytes of the journal just before they became Parquet."""
    clock = SteppingClock()
    with offline(Settings(data_dir=data_dir, secret="bench"), clock, locate) as mallard:
        for hit in sample(events, DAYS):
            clock.now = hit.at
            body = msgspec.json.encode(hit.body)
            mallard.intake.take(RawEvent(body, hit.user_agent, hit.address))
        return mallard.journal.size
