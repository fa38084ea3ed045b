"""Streams every event of a site out, day by day, however many there are."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from mallard.model import MallardError, Period
from mallard.reports.desk import TooBusy
from mallard.store.copying import held
from mallard.store.engine.scratch import Scratch
from mallard.store.parquet.footers import assure_types, may_be_of_a_file
from mallard.store.store import Store
from mallard.transfer.formats import EXCEL_MARK, HEADERS, Format
from mallard.transfer.pieces import Pieces, pieces_of
from mallard.transfer.sorting import Sorter, sorter

MOST_AT_ONCE = 2
"""Exports that run at a time: each keeps a thread for as long as its reader takes."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to export: a site's events of a period, in a format."""

    site_id: str
    period: Period
    form: Format = Format.CSV
    is_for_excel: bool = False
    """Whether CSV begins with the mark that Excel looks for."""


class Exporter:
    """Writes a day at a time to temporary files, which are of one moment, and passes them on.

    So neither memory nor disk has to hold more than a day, and no transaction stays open. Only
    Parquet, whose footer comes last, is written whole before the first byte leaves.
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
            with self._scratch.directory() as directory:
                if wanted.form is Format.PARQUET:
                    yield from self._whole(wanted, directory)
                else:
                    yield from self._by_day(wanted, directory)
        finally:
            self._slots.release()

    def _by_day(self, wanted: Wanted, directory: Path) -> Pieces:
        yield (EXCEL_MARK if wanted.is_for_excel else b"") + HEADERS[wanted.form]
        with sorter(directory) as in_order:
            for day in self._store.days(wanted.site_id, wanted.period):
                for part in self._written(wanted, day, in_order, directory):
                    yield from pieces_of(part)
                    part.unlink()

    def _whole(self, wanted: Wanted, directory: Path) -> Pieces:
        """Parts that are in order, one after the other; a day without events if there is none."""
        days = self._store.days(wanted.site_id, wanted.period) or [date.min]
        parts = []
        with sorter(directory) as in_order:
            for day in days:
                parts += self._written(wanted, day, in_order, directory)
        whole = directory / "whole"
        with sorter(directory) as joining:
            joining.join(parts, whole)
        for part in parts:
            part.unlink()
        yield from pieces_of(whole)

    def _written(self, wanted: Wanted, day: date, in_order: Sorter, directory: Path) -> list[Path]:
        """Files with the day's events; a Parquet file that cannot be read is put aside."""
        one_day = Period(day, day + timedelta(days=1))
        while True:
            with (
                self._scratch.file() as hot,
                held(self._store, wanted.site_id, one_day, hot) as files,
            ):
                paths = [file.path for file in files]
                try:
                    with self._store.database.reader() as connection:
                        assure_types(connection, files)
                    return in_order.write(paths, wanted.site_id, one_day, wanted.form, directory)
                except duckdb.Error as error:
                    if not (may_be_of_a_file(error) and self._store.put_right(files, str(error))):
                        raise
