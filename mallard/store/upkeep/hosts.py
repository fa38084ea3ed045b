"""Hosts in two spellings become one in what is stored: that which browsers send.

What comes in is spelled so by now. Days that were stored before, and files that were copied in, may
have `müller.de` as well as `xn--mller-kva.de`. They are looked at when their figures are to be
worked out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import duckdb
import structlog

from mallard.host_names import host_as_sent, source_as_sent
from mallard.store.engine.database import Connection
from mallard.store.parquet import footers
from mallard.store.parquet.columns import from_parquet
from mallard.store.parquet.partitions import Partition
from mallard.store.upkeep.rewriting import rewrite
from mallard.store.upkeep.tended import Tended

log = structlog.get_logger("mallard.store.upkeep")

AS_SENT: Mapping[str, Callable[[str], str]] = {
    "hostname": host_as_sent,
    "referrer_source": source_as_sent,
}
"""The columns of hosts, one of them among other names."""

HAS_OTHERS = " or ".join(f"strlen({column}) <> length({column})" for column in AS_SENT)
"""Letters beyond ASCII take more than a byte each."""

ODD = f"select count(*) from {{files}} where {HAS_OTHERS}"


def spell_hosts(store: Tended, connection: Connection, partitions: Sequence[Partition]) -> None:
    """Rewrites those of some days that have hosts with letters beyond ASCII.

    A file that cannot be read is left to what reads it next, and with too little memory hosts keep
    their spellings. Raises duckdb.Error or OSError.
    """
    try:
        if not _have_odd(store, connection, partitions):
            return
        for partition in partitions:
            if _have_odd(store, connection, [partition]):
                for column, as_sent in AS_SENT.items():
                    rewrite(store, connection, partition, as_sent, is_trial=False, column=column)
    except duckdb.OutOfMemoryException as error:
        sites = sorted({partition.site_id for partition in partitions})
        log.warning("Hosts of days keep their spellings", sites=sites, error=str(error))


def _have_odd(store: Tended, connection: Connection, partitions: Sequence[Partition]) -> bool:
    """Whether there is such a host; of several days also where one cannot be read."""
    with store.cold.publish:
        files = [file for p in partitions for file in store.cold.hold(p.site_id, p.period)]
    try:
        if not files:
            return False
        footers.assure_types(connection, files)
        sql = ODD.format(files=from_parquet([file.path for file in files]))
        ((found,),) = connection.execute(sql).fetchall()
        return bool(found)
    except duckdb.Error as error:
        if not footers.may_be_of_a_file(error):
            raise
        return len(partitions) > 1
    finally:
        store.cold.release(files)
