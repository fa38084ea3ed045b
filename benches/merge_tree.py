"""The disk space that ClickHouse's engine takes for the events of a data directory."""

from __future__ import annotations

from pathlib import Path

from benches import clickhouse
from benches.answers import BenchFailed

CODECS = ("LZ4", "ZSTD(1)")
"""ClickHouse's own choice, and the one that Parquet files have here."""

TABLE = """
create table {name} engine = MergeTree order by (site_id, toDate(timestamp), visitor_id, timestamp)
settings default_compression_codec = '{codec}'
as select * replace (
    assumeNotNull(site_id) as site_id, assumeNotNull(visitor_id) as visitor_id,
    assumeNotNull(timestamp) as timestamp
) from {files}
"""

SIZE = """
select sum(rows), sum(bytes_on_disk) from system.parts
where active and database = 'space' and table = '{name}' format CSV
"""


def bytes_on_disk(data_dir: Path, events: int, threads: int) -> dict[str, int]:
    """The bytes of the same columns and rows by codec, merged into as few parts as can be.

    Raises ImportError without chdb.
    """
    engine = clickhouse.engine_of(threads)
    engine.query("create database space")
    engine.query("use space")
    found = {}
    for number, codec in enumerate(CODECS):
        name = f"events_{number}"
        files = clickhouse.files_of(data_dir)
        engine.query(TABLE.format(name=name, codec=codec, files=files))
        engine.query(f"optimize table {name} final")
        rows, total_bytes = map(int, str(engine.query(SIZE.format(name=name))).split(","))
        if rows != events:
            raise BenchFailed(f"ClickHouse holds {rows} events of {events}")
        found[codec] = total_bytes
    return found
