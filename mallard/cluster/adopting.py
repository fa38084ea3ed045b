"""Takes over what a server alone has collected: the events of its tree become shared files.

The directory stays as it is and becomes that of a node, which has these events already: the rows of
each of its files go by the name of one of the batches that the file itself names. In the record a
file of the tree has a name of its own, so that it is taken over once, whoever is killed when.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mallard import batch_names
from mallard.cluster.catalog import Catalog
from mallard.cluster.erasures import done_up_to, noted
from mallard.cluster.joining import Applicant, NotAdmitted, admit, check
from mallard.cluster.lake_process import LakeProcess
from mallard.cluster.membership import Membership, change, membership
from mallard.cluster.orders import Adopting, Part
from mallard.model import MallardError
from mallard.store.parquet import footers
from mallard.store.parquet.partitions import ColdFile, Partition
from mallard.store.parquet.statements import counting, day_scope
from mallard.store.store import Store

MOST_FILES = 500
MOST_BYTES = 4 << 20
"""A shared file is made of no more than this of the tree, or of one file: some hundred thousand
events, as other nodes take them in at a time."""
MOST_NAMES = 10_000


@dataclass(frozen=True, slots=True)
class OfTree:
    """A file of the tree, its name in the record, and what names its batches have."""

    name: str
    part: Part
    bytes: int
    batches: frozenset[str]


@dataclass(frozen=True, slots=True)
class Adopted:
    """What of a directory is in the cluster."""

    events: int
    sites: int
    days: int


def is_taken_over(applicant: Applicant) -> bool:
    """Whether a directory is that of a node already, with all that it had."""
    known = membership(applicant.settings.data_dir)
    return known is not None and not known.is_adopting


def adopt(applicant: Applicant, catalog: Catalog, store: Store, lake: LakeProcess) -> Adopted:
    """Takes over all that is in the tree of a directory, which nothing else may change meanwhile.

    Whatever ends it, it goes on when it is begun again. Raises MallardError, OSError, duckdb.Error.
    """
    files = _files(store)
    known = membership(applicant.settings.data_dir)
    if known is None:
        check(applicant, catalog, None)
        _insist_that_it_is_new(catalog, files)
    known = admit(applicant, catalog, has_events=bool(files), is_adopting=True)
    erased = done_up_to(noted(catalog), known.erased)
    for chunk in _chunks(_missing(catalog, files)):
        _take_over(catalog, known, lake, chunk, erased)
    # So that nobody adopts a copy of what any node has made of them by now.
    catalog.note_empty([file.part.batch for file in files])
    change(applicant.settings.data_dir, is_adopting=False)
    return Adopted(
        sum(file.part.events for file in files),
        len({file.part.site_id for file in files}),
        len({(file.part.site_id, file.part.day) for file in files}),
    )


def _take_over(
    catalog: Catalog, known: Membership, lake: LakeProcess, chunk: Sequence[OfTree], erased: int
) -> None:
    """One shared file of several of the tree, which the lake has whole or not at all."""
    file = f"{known.node}-{uuid.uuid4().hex}.parquet"
    catalog.announce(file, known.node, [one.name for one in chunk], erased)
    lake.do(Adopting(file, tuple(one.part for one in chunk)))


def _files(store: Store) -> list[OfTree]:
    """All files of the tree that have events. Raises MallardError where some are elsewhere yet."""
    if store.hot_rows():
        raise MallardError("data_dir: some events cannot be moved to files; the log says why")
    partitions = sorted(store.cold.partitions.partitions())
    _insist_on_types(store, partitions)
    found = [
        _of_tree(store, partition, file)
        for partition in partitions
        for file in store.cold.partitions.files(partition)
    ]
    return [one for one in found if one.part.events]


def _insist_on_types(store: Store, partitions: Sequence[Partition]) -> None:
    """Files of another's making get the documented types, which all of them have to have."""
    for partition in partitions:
        files = store.cold.partitions.files(partition)
        with store.database.reader() as connection:
            footers.find_types(connection, files)
        if odd := [file for file in files if not file.has_types]:
            store.put_right(odd, "its columns are of other types")


def _of_tree(store: Store, partition: Partition, file: ColdFile) -> OfTree:
    with store.database.reader() as connection:
        batches = footers.read_batches(connection, file)
        ((events,),) = connection.execute(counting([file.path]), day_scope(partition)).fetchall()
    spelled = "\0".join((partition.site_id, str(partition.day), batch_names.spell(batches)))
    name = f"adopted-{hashlib.sha256(spelled.encode()).hexdigest()[:32]}"
    path = str(file.path.absolute())
    part = Part(path, partition.site_id, partition.day, min(batches), int(events))
    return OfTree(name, part, file.size, batches)


def _insist_that_it_is_new(catalog: Catalog, files: Sequence[OfTree]) -> None:
    """Raises NotAdmitted where the cluster has some of it by other ways: a node that has left."""
    for file in _missing(catalog, files):
        names = sorted(file.batches)
        for first in range(0, len(names), MOST_NAMES):
            if catalog.noted(names[first : first + MOST_NAMES]):
                raise NotAdmitted(
                    f"data_dir: the cluster has events of {file.part.path} already, as where this"
                    " is the directory of a node that has left; begin with an empty one"
                )


def _missing(catalog: Catalog, files: Sequence[OfTree]) -> list[OfTree]:
    """Those that the record does not have."""
    there: set[str] = set()
    for first in range(0, len(files), MOST_NAMES):
        there |= set(catalog.noted([file.name for file in files[first : first + MOST_NAMES]]))
    return [file for file in files if file.name not in there]


def _chunks(files: Iterable[OfTree]) -> Iterator[list[OfTree]]:
    chunk: list[OfTree] = []
    size = 0
    for file in files:
        size += file.bytes
        if chunk and (len(chunk) == MOST_FILES or size > MOST_BYTES):
            yield chunk
            chunk, size = [], file.bytes
        chunk.append(file)
    if chunk:
        yield chunk
