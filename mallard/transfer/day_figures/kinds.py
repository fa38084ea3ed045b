"""The exports of days that are read, how they are recognised, and what is in them."""

from __future__ import annotations

import enum
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from mallard.store.imported.layout import COLUMNS
from mallard.texts.said import said
from mallard.transfer.day_figures import fathom, ga4, goatcounter, plausible
from mallard.transfer.day_figures.files import Table, table_in, tables_in
from mallard.transfer.day_figures.own import OwnDays, parquet_columns
from mallard.transfer.day_figures.rows import Found
from mallard.transfer.histories.heads import Head
from mallard.transfer.histories.told import Told
from mallard.transfer.sources import Unreadable

_ZIP = "PK\x03\x04"


class DayProduct(enum.StrEnum):
    """What a file of days may be of, by the name that commands know it under."""

    PLAUSIBLE_ZIP = "plausible-zip"
    GOATCOUNTER_JSON = "goatcounter-json"
    GA4_CSV = "ga4-csv"
    FATHOM_LITE = "fathom-lite"
    MALLARD_DAYS = "mallard-days"


@dataclass(frozen=True, slots=True)
class DayKind:
    """How an export is recognised and read."""

    expected: str
    fits: Callable[[Head], bool]
    rows: Callable[[Told, Sequence[Path]], Found]


def _names(head: Head) -> set[str]:
    """The names of the files in an archive."""
    if not head.line.startswith(_ZIP):
        return set()
    return {table.name for table in tables_in(head.path)}


def _is_plausible(head: Head) -> bool:
    is_table = {"date", "visitors"} <= head.fields and plausible.table_of(head.path.name)
    return bool(is_table) or any(map(plausible.table_of, _names(head)))


def _tables(paths: Sequence[Path]) -> list[Table]:
    return [
        table
        for path in paths
        for table in (tables_in(path) if zipfile.is_zipfile(path) else [table_in(path)])
    ]


def _plausible(told: Told, paths: Sequence[Path]) -> Found:
    reader = plausible.Plausible(told)
    tables = [table for table in _tables(paths) if plausible.table_of(table.name)]
    return chain.from_iterable(map(reader.rows, tables))


def _goatcounter(told: Told, paths: Sequence[Path]) -> Found:
    if len(paths) > 1:
        raise Unreadable(
            said("%(paths)s: name one export of GoatCounter at a time", paths=paths[1])
        )
    return goatcounter.GoatCounter(told, _tables(paths)).rows()


def _ga4(told: Told, paths: Sequence[Path]) -> Found:
    return chain.from_iterable(map(ga4.Ga4(told).rows, _tables(paths)))


def _fathom(told: Told, paths: Sequence[Path]) -> Found:
    return chain.from_iterable(fathom.FathomLite(told, path).rows() for path in paths)


def _own(told: Told, paths: Sequence[Path]) -> Found:
    return chain.from_iterable(OwnDays(told, path).rows() for path in paths)


def _is_own(head: Head) -> bool:
    if head.line.startswith("PAR1"):
        return set(parquet_columns(head.path)) == set(COLUMNS)
    return (head.keys or head.fields) >= {"site_id", "day", "dimension", "visitors"}


DAY_KINDS = {
    DayProduct.PLAUSIBLE_ZIP: DayKind(
        "the zip archive of Plausible's export to CSV, or its tables imported_….csv",
        _is_plausible,
        _plausible,
    ),
    DayProduct.GOATCOUNTER_JSON: DayKind(
        "the zip archive of GoatCounter's JSON export",
        lambda head: goatcounter.MARK in _names(head),
        _goatcounter,
    ),
    DayProduct.GA4_CSV: DayKind(
        "a report of Google Analytics as CSV, with the columns Date and Total users",
        lambda head: ga4.is_report(head.line, head.fields),
        _ga4,
    ),
    DayProduct.FATHOM_LITE: DayKind(
        "the database of Fathom Lite, in SQLite",
        lambda head: head.line.startswith(fathom.MARK),
        _fathom,
    ),
    DayProduct.MALLARD_DAYS: DayKind(
        f"what mallard export --days writes, with the columns {', '.join(COLUMNS)}",
        _is_own,
        _own,
    ),
}


def product_of(head: Head) -> DayProduct | None:
    """Which export of days a file is; None where it is none that is known. Raises Unreadable."""
    return next((product for product, kind in DAY_KINDS.items() if kind.fits(head)), None)
