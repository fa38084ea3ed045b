"""The view `events_all`, for people with a DuckDB shell."""

from __future__ import annotations

import duckdb
import structlog

from mallard.store.engine.database import Database
from mallard.store.parquet.cold import ColdTier
from mallard.store.parquet.columns import SELECT_LIST, literally, quoted
from mallard.store.parquet.footers import may_be_of_a_file
from mallard.store.parquet.statements import ALL_HOT

log = structlog.get_logger("mallard.store")


def refresh_view(database: Database, cold: ColdTier) -> None:
    """Lets the view find the files there are."""
    tree = literally(cold.partitions.root.resolve()) + "/site_id=*/date=*/*.parquet"
    stored = f"select {SELECT_LIST} from read_parquet({quoted(tree)}, hive_partitioning = false)"
    rows = f"{ALL_HOT} union all {stored}" if cold.partitions.sites() else ALL_HOT
    with database.writer() as writer:
        try:
            writer.execute(f"create or replace view events_all as {rows}")
        except duckdb.Error as error:
            if not may_be_of_a_file(error):
                raise
            log.warning("The view events_all could not be made anew", error=str(error))
