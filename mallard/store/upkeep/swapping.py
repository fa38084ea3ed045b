"""Puts one new file in the place of others, beside everybody who reads and writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mallard.durable import make_durable
from mallard.store.engine.database import Connection
from mallard.store.parquet.partitions import TEMPORARY, ColdFile, Partition
from mallard.store.parquet.statements import QUICKLY, copy_to
from mallard.store.upkeep.tended import Tended

Published = Callable[[tuple[ColdFile, ...]], None]


@dataclass(frozen=True, slots=True)
class Content:
    """What is to be in a file: the rows of a SELECT, which binds `params`; of which batches."""

    rows: str
    batches: frozenset[str]
    packed: str = QUICKLY
    params: Mapping[str, Any] = field(default_factory=dict)


def swap(
    store: Tended,
    connection: Connection,
    source: Partition,
    files: Iterable[ColdFile],
    content: Content,
    target: Partition | None = None,
    published: Published = lambda _: None,
) -> bool:
    """Writes what was in a day's files to one, of that day or of `target`; False if they changed.

    It is written without the writer's lock, so nobody waits for it. In the moment in which it takes
    their place `published` is told, under `publish`, what files the day had. Raises duckdb.Error or
    OSError, and then nothing has changed.
    """
    tree, gone = store.cold.partitions, set(files)
    with store.database.writer():
        path = tree.next_path(target or source)
        temporary = path.with_name(path.name + TEMPORARY)
        temporary.touch()
    try:
        statement = copy_to(temporary, content.rows, content.batches, content.packed)
        connection.execute(statement, dict(content.params))
        # Under the lock nobody erases or adds: what was read is still there.
        with store.database.writer():
            before = tree.files(source)
            if not gone <= set(before):
                return False
            make_durable(temporary, path)
            with store.cold.publish:
                new = ColdFile(path, content.batches)
                if target is None:
                    store.cold.replace(source, gone, new)
                else:
                    store.cold.replace(source, gone, None)
                    tree.set_files(target, (*tree.files(target), new))
                published(before)
    finally:
        temporary.unlink(missing_ok=True)
    return True
