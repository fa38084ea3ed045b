"""Gives back what a cluster has as a directory of a server alone, from the shared files only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mallard.cluster.catalog import Catalog, Published
from mallard.cluster.erasures import noted
from mallard.cluster.storage import Storage
from mallard.ingest.flusher import MAX_HOT_ROWS
from mallard.model import MallardError
from mallard.store.engine.database import Connection
from mallard.store.parquet.columns import from_parquet
from mallard.store.parquet.gone import passing_over
from mallard.store.parquet.partitions import Partition
from mallard.store.parquet.statements import counting, day_scope
from mallard.store.store import Store
from mallard.store.taking import take

DAYS = "select site_id, timestamp::date, count(*) from {rows} group by all"


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What came to a directory."""

    events: int
    sites: int
    days: int


def give_back(
    catalog: Catalog, storage: Storage, store: Store, roll: Callable[[], bool]
) -> GivenBack:
    """Takes all shared files into a store that holds nothing else, and counts every day again.

    What is there from a time that was cut short is not taken twice. `roll` moves the hot table on.
    Raises MallardError, OSError, duckdb.Error.
    """
    erased = noted(catalog)
    wanted: Counter[Partition] = Counter()
    rows = 0
    for one in _all(catalog):
        gone = [each.gone for number, each in erased.items() if number > one.erased]
        with storage.here(one.file) as file:
            source = passing_over(from_parquet([file]), gone)
            with store.database.reader() as connection:
                wanted.update(_days(connection, source))
            rows += take(store, file, gone, lambda _: None)
        if rows >= MAX_HOT_ROWS:
            _roll(roll)
            rows = 0
    _roll(roll)
    _compare(wanted, _counted(store))
    return GivenBack(wanted.total(), len({one.site_id for one in wanted}), len(wanted))


def _all(catalog: Catalog) -> Iterator[Published]:
    """All files of the lake, in their order."""
    after = 0
    while news := catalog.news(after):
        yield from news
        after = news[-1].snapshot


def _roll(roll: Callable[[], bool]) -> None:
    if not roll():
        raise MallardError("some events cannot be moved to files; the log says why")


def _days(connection: Connection, source: str) -> Counter[Partition]:
    rows = connection.execute(DAYS.format(rows=source)).fetchall()
    return Counter({Partition(site_id, day): count for site_id, day, count in rows})


def _counted(store: Store) -> Counter[Partition]:
    """The events of each day, as the files of the tree have them."""
    counted: Counter[Partition] = Counter()
    tree = store.cold.partitions
    with store.database.reader() as connection:
        for partition in tree.partitions():
            counts = counting([file.path for file in tree.files(partition)])
            ((count,),) = connection.execute(counts, day_scope(partition)).fetchall()
            counted[partition] = count
    return counted


def _compare(wanted: Counter[Partition], counted: Counter[Partition]) -> None:
    """Raises MallardError unless every day has what the shared files have of it."""
    differing = sorted(day for day in wanted | counted if wanted[day] != counted[day])
    if differing:
        site_id, day = differing[0]
        raise MallardError(
            f"{len(differing)} days have other counts than the shared files, the first {day} of"
            f" {site_id}: {counted[differing[0]]} instead of {wanted[differing[0]]} events"
        )
