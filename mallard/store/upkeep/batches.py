"""Which days are put in order at once: small ones of one time zone, of whatever sites."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from mallard.store.parquet.partitions import ColdFile, Partition
from mallard.store.rollups.small_days import MOST_BYTES, MOST_DAYS, is_small, size_of
from mallard.store.upkeep.correcting import is_due
from mallard.store.upkeep.tended import Tended


@dataclass(slots=True)
class _Batch:
    """Days of a zone that may be worked out at once, and the files on which they rest."""

    days: list[Partition] = field(default_factory=list)
    files: set[ColdFile] = field(default_factory=set)

    def has_room(self, files: Sequence[ColdFile]) -> bool:
        """Whether a day with these files fits, too."""
        return len(self.days) < MOST_DAYS and size_of({*self.files, *files}) <= MOST_BYTES

    def add(self, partition: Partition, files: Sequence[ColdFile]) -> None:
        """Takes a day in."""
        self.days.append(partition)
        self.files.update(files)


def in_batches(
    store: Tended, due: Iterable[Partition], today: Callable[[str], date]
) -> Iterator[list[Partition]]:
    """The days, those together that may be worked out at once; each site's in order."""
    batches: dict[str, _Batch] = defaultdict(_Batch)
    for partition in due:
        zone = store.rollups.zone_of(partition.site_id)
        with store.cold.publish:
            files = store.rollups.files_in(store.cold.partitions, partition)
            is_over = partition.day < today(partition.site_id)
        is_one_of_many = is_over and is_small(files) and is_due(store, partition)
        if zone in batches and not (is_one_of_many and batches[zone].has_room(files)):
            yield batches.pop(zone).days
        if is_one_of_many:
            batches[zone].add(partition, files)
        else:
            yield [partition]
    yield from (batch.days for batch in batches.values())
