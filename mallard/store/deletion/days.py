"""Deletes a site's days: nobody sees half of it, and what was begun is finished, come what may.

What goes is first put on record as an intent; then one moment takes it away from all reports to
come; then the files go, as soon as no report under way reads them. A start first finishes what an
earlier run has left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import duckdb
import msgspec
import structlog

from mallard.model import MallardError, Period
from mallard.store.deletion import imported_days, trash
from mallard.store.deletion.intents import Intent, Intents
from mallard.store.deletion.remnants import DROP_NOISE, blank_out, clean_database
from mallard.store.engine.copies import copies_that_may_hold
from mallard.store.engine.database import Connection
from mallard.store.parquet import footers
from mallard.store.parquet.partitions import files_on_disk, remove_if_empty
from mallard.store.parquet.statements import DELETE_HOT, IN_SCOPE, rows_of, scope
from mallard.store.store import Store

log = structlog.get_logger("mallard.store.deletion")

HOT_BATCHES = f"select count(*), list(distinct batch) from events where {IN_SCOPE}"
DELETE_BATCHES = f"{DELETE_HOT} and list_contains($batches, batch)"


@dataclass(frozen=True, slots=True)
class Deleted:
    """What a deletion took away: rows of the hot table, rows of files, and whole partitions."""

    hot_rows: int
    cold_rows: int
    partitions: int


def delete_days(
    store: Store,
    site_id: str,
    period: Period,
    segments: Sequence[Path] = (),
    reaches_copies: bool = False,
    into: str | None = None,
    before_us: int | None = None,
) -> Deleted:
    """Deletes a site's days; `segments` are stored ones, which may hold some of their events.

    In these stays what bears the time `before_us` or a later one. Given a bin of the trash, it is
    there that the files of the days go; rows that are hot are deleted.

    A report under way still sees them to its end. The files are left to `finish`. Raises OSError or
    duckdb.Error, and then nothing was deleted.
    """
    intents = Intents(_data_dir(store))
    with store.database.writer() as writer:
        cold_rows = _cold_rows(store, site_id, period)
        hot_rows, batches = writer.execute(HOT_BATCHES, scope(site_id, period)).fetchall()[0]
        partitions = len([d for d in store.cold.partitions.days(site_id) if d in period])
        intent = Intent(
            site_id=site_id,
            start=period.start,
            end=period.end,
            batches=batches or [],
            files=_files(store, intents, site_id, period, reaches_copies, into is None),
            segments=_relative(store, segments),
            reaches_copies=reaches_copies,
            imported=imported_days.files_with(store, site_id, period, into is None),
            trash=into,
            before_us=before_us,
        )
        record = intents.write(intent)
        store.cold.partitions.spend_numbers(_data_dir(store) / file for file in intent.files)
        try:
            _take_away(store, writer, site_id, period, into is not None)
        except duckdb.Error:
            intents.done(record)
            raise
        store.imported.take_away(site_id, period)
    return Deleted(hot_rows, cold_rows, partitions)


def finish(store: Store) -> None:
    """Does what is left of deletions; what cannot be done now is left to the next call."""
    intents = Intents(_data_dir(store))
    try:
        # Under the writer's lock: whoever writes a file finds its directory there.
        with store.database.writer():
            is_done = [_finish(store, intents, *pending) for pending in intents.pending()]
            if all(is_done):
                store.cold.partitions.forget_numbers()
            if intents.has_remnants:
                store.roll()
                if clean_database(store):
                    intents.cleaned()
    except (duckdb.Error, OSError, msgspec.MsgspecError) as error:
        log.warning("Deleted events still lie on the disk for now", error=str(error))


def resume(store: Store) -> None:
    """Finishes, before anything is served or recovered, what an earlier run has begun.

    Raises MallardError when that is impossible.
    """
    try:
        _resume(store)
    except (duckdb.Error, OSError, msgspec.MsgspecError) as error:
        raise MallardError(f"an erasure that was begun cannot be finished: {error}") from error


def _resume(store: Store) -> None:
    with store.database.writer() as writer:
        writer.execute(DROP_NOISE)
    intents = Intents(_data_dir(store))
    intents.discard_drafts()
    for record, intent in list(intents.pending()):
        _delete_files(store, intent, intent.files)
        imported_days.take_out(store, intent)
        if intent.reaches_copies:
            for copy in copies_that_may_hold(_data_dir(store), intent.period):
                copy.unlink()
        if intent.batches:
            bound = {**scope(intent.site_id, intent.period), "batches": intent.batches}
            with store.database.writer() as writer:
                writer.execute(DELETE_BATCHES, bound)
        _blank_out(store, intent)
        _clear_rollups(store, intent)
        intents.done(record)
        log.info("Finished a deletion that was cut short", site_id=intent.site_id)


def _take_away(
    store: Store, writer: Connection, site_id: str, period: Period, keeps_files: bool
) -> None:
    """The one moment: reports before it see everything, reports after it nothing."""
    bound = scope(site_id, period)
    try:
        writer.execute("begin")
        writer.execute(DELETE_HOT, bound)
        with store.cold.publish:
            writer.execute("commit")
            store.cold.remove(site_id, period, keeps_files)
    except duckdb.Error:
        with store.database.reader() as connection:
            if connection.execute(HOT_BATCHES, bound).fetchall()[0][0]:
                raise
        # The commit failed after it had taken effect.
        with store.cold.publish:
            store.cold.remove(site_id, period, keeps_files)


def _finish(store: Store, intents: Intents, record: Path, intent: Intent) -> bool:
    store.cold.sweep()
    held = store.cold.awaiting_removal()
    free = [file for file in intent.files if _data_dir(store) / file not in held]
    _delete_files(store, intent, free)
    _blank_out(store, intent)
    imported_days.take_out(store, intent)
    left = (*intent.files, *intent.imported)
    is_done = not any((_data_dir(store) / file).exists() for file in left)
    if is_done:
        _clear_rollups(store, intent)
        intents.done(record)
    return is_done


def _delete_files(store: Store, intent: Intent, files: Iterable[str]) -> None:
    """What others have taken the place of is deleted even where the rest goes into the trash."""
    data_dir = _data_dir(store)
    for file in files:
        path = data_dir / file
        if intent.trash is None or path.is_relative_to(store.cold.replaced_dir):
            path.unlink(missing_ok=True)
        else:
            trash.throw(data_dir, file, intent.trash)
        # The name of a site is in that of its directory, and goes with its last day.
        for directory in (path.parent, path.parent.parent):
            remove_if_empty(directory)


def _blank_out(store: Store, intent: Intent) -> None:
    for segment in intent.segments:
        blank_out(_data_dir(store) / segment, intent.site_id, intent.period, intent.before_us)


def _clear_rollups(store: Store, intent: Intent) -> None:
    """An erasure leaves nothing in the file; else its rows go, and what is freed is used again."""
    if intent.reaches_copies:
        store.rollups.erase(intent.site_id, intent.period, store.cold.publish)
    else:
        store.rollups.forget(intent.site_id, intent.period, store.cold.publish)


def _files(
    store: Store,
    intents: Intents,
    site_id: str,
    period: Period,
    reaches_copies: bool,
    reaches_trash: bool,
) -> list[str]:
    """Every file of the days; one of the tree may be moved out of it before it is deleted."""
    data_dir = _data_dir(store)
    roots = [store.cold.partitions.root, store.cold.replaced_dir, store.cold.quarantine_dir]
    if reaches_trash:
        roots += trash.roots(data_dir) + _trees_to_come(data_dir, intents)
    found = {p.relative_to(root) for root in roots for p in files_on_disk(root, site_id, period)}
    files = [root / file for root, file in product(roots, sorted(found))]
    if reaches_copies:
        files += copies_that_may_hold(data_dir, period)
    return list(dict.fromkeys(_relative(store, files)))


def _trees_to_come(data_dir: Path, intents: Intents) -> list[Path]:
    """Where in the trash files will be that wait for a report to let them go there."""
    bins = {intent.trash for _, intent in intents.pending() if intent.trash}
    trees = ("events", "quarantine")
    return [data_dir / place / tree for place, tree in product(sorted(bins), trees)]


def _cold_rows(store: Store, site_id: str, period: Period) -> int:
    """How many events the days have in files; one that cannot be read is quarantined."""
    while True:
        files = store.cold.partitions.files_in(site_id, period)
        if not files:
            return 0
        sql = f"select count(*) from ({rows_of([f.path for f in files])}) where {IN_SCOPE}"
        try:
            with store.database.reader() as connection:
                rows = connection.execute(sql, scope(site_id, period)).fetchall()
            return int(rows[0][0])
        except duckdb.Error as error:
            if not (footers.may_be_of_a_file(error) and store.put_right(files, str(error))):
                raise


def _relative(store: Store, paths: Iterable[Path]) -> list[str]:
    return [str(path.relative_to(_data_dir(store))) for path in paths]


def _data_dir(store: Store) -> Path:
    return store.database.path.parent
