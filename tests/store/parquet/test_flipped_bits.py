"""What DuckDB makes of single flipped bits in Parquet, which docs/backup.md tells operators.

Where one of these fails, DuckDB has learnt what is written there that it cannot do.
"""

from __future__ import annotations

import random
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

ROWS = 2_000
FLIPS = 100


@pytest.mark.parametrize("name", ["page_checksum", "write_page_checksum", "checksum", "crc"])
def test_duckdb_writes_no_checksums_of_pages(tmp_path: Path, name: str) -> None:
    sql = f"copy (select 1) to '{tmp_path / 'a.parquet'}' (format parquet, {name} true)"
    with pytest.raises(duckdb.NotImplementedException, match="Unrecognized option"):
        duckdb.sql(sql)


def test_duckdb_reads_other_values_where_the_checksums_of_pages_are_broken(tmp_path: Path) -> None:
    """About half of all flips go through as other values; pyarrow would have seen each of them."""
    sound, broken = tmp_path / "sound.parquet", tmp_path / "broken.parquet"
    table = duckdb.sql(f"select hash(range)::varchar as value from range({ROWS})").to_arrow_table()
    pq.write_table(table, sound, compression="zstd", write_page_checksum=True)
    before = duckdb.read_parquet(str(sound)).fetchall()
    content, chosen = sound.read_bytes(), random.Random(5)
    changed = 0
    for place in chosen.sample(range(4, len(content) - 8), FLIPS):
        flipped = bytearray(content)
        flipped[place] ^= 1 << chosen.randrange(8)
        broken.write_bytes(flipped)
        try:
            is_changed = duckdb.read_parquet(str(broken)).fetchall() != before
        except duckdb.Error:
            continue
        if is_changed:
            changed += 1
            with pytest.raises(OSError, match=r"CRC|checksum|Couldn't|Unexpected|Corrupt"):
                pq.read_table(broken, page_checksum_verification=True)
    assert changed > FLIPS // 4
