"""Streams every event of a site out, day by day, however many there are."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from mallard.model import MallardError, Period
from mallard.reports.desk import TooBusy
from mallard.store.columns import SELECT_LIST, from_parquet, quoted
from mallard.store.scratch import Scratch
from mallard.store.store import Store
from mallard.transfer.formats import COPY_OPTIONS, HEADERS, Format, select
from mallard.transfer.pieces import Pieces, pieces_of

MOST_AT_ONCE = 2
"""Exports that run at a time: each keeps a thread for as long as its reader takes."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to export: a site's events of a period, in a format."""

    site_id: str
    period: Period
    form: Format = Format.CSV


class Exporter:
    """Writes a day at a time to a temporary file, on a snapshot of its own, and passes it on.

    So neither memory nor disk nor a transaction has to hold more than a day. Only Parquet, whose
    footer comes last, is written whole before the first byte leaves.
    """

    def __init__(
        self, store: Store, bring_in_pending: Callable[[], bool], scratch: Scratch
    ) -> None:
        self._store = store
        self._bring_in_pending = bring_in_pending
        self._scratch = scratch
        self._slots = threading.BoundedSemaphore(MOST_AT_ONCE)

    def stream(self, wanted: Wanted) -> Pieces:
        """The export, in pieces. Raises TooBusy or MallardError before the first one."""
        if not self._slots.acquire(blocking=False):
            raise TooBusy("as many exports as allowed are running; ask again when one is done")
        try:
            if not self._bring_in_pending():
                raise MallardError("accepted events cannot be stored now; is the disk full?")
            if wanted.form is Format.PARQUET:
                yield from self._whole(wanted)
            else:
                yield HEADERS[wanted.form]
                for day in self._store.days(wanted.site_id, wanted.period):
                    with self._scratch.file() as path:
                        self._write(wanted, day, path)
                        yield from pieces_of(path)
        finally:
            self._slots.release()

    def _whole(self, wanted: Wanted) -> Pieces:
        """The days are sorted one by one, so that joining them needs no more memory than one."""
        with self._scratch.directory() as directory:
            days = self._store.days(wanted.site_id, wanted.period) or [date.min]
            for day in days:
                self._write(wanted, day, directory / f"{day}.parquet")
            whole = directory / "whole.parquet"
            self._join([directory / f"{day}.parquet" for day in days], whole)
            yield from pieces_of(whole)

    def _write(self, wanted: Wanted, day: date, target: Path) -> None:
        one_day = Period(day, day + timedelta(days=1))
        options = COPY_OPTIONS[wanted.form]
        self._store.copy_out(wanted.site_id, one_day, select(wanted.form), target, options)

    def _join(self, parts: list[Path], whole: Path) -> None:
        rows = f"select {SELECT_LIST} from {from_parquet(parts)}"
        with self._store.database.reader() as connection:
            connection.execute(f"copy ({rows}) to {quoted(whole)} ({COPY_OPTIONS[Format.PARQUET]})")
        for part in parts:
            part.unlink()
