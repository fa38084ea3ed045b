"""Takes a site's days out of the figures that were imported, those in the trash included."""

from __future__ import annotations

from pathlib import Path

import duckdb

from mallard.model import Period
from mallard.store.deletion import trash
from mallard.store.deletion.intents import Intent
from mallard.store.imported.layout import DIRECTORY, named
from mallard.store.parquet.partitions import directory_name
from mallard.store.store import Store


def files_with(store: Store, site_id: str, period: Period, reaches_trash: bool) -> list[str]:
    """The files that hold some of the days, relative to the data directory."""
    data_dir = store.database.path.parent
    roots = trash.roots(data_dir) if reaches_trash else []
    thrown = [root / directory_name(site_id) for root in roots if root.name == DIRECTORY]
    paths = [path for directory in thrown for path in sorted(directory.glob("*.parquet"))]
    paths += [file.path for file in store.imported.files(site_id)]
    return [str(path.relative_to(data_dir)) for path in paths if _has_days(store, path, period)]


def take_out(store: Store, intent: Intent) -> None:
    """Takes the days of an intent out of files that nobody reads. Raises OSError, duckdb.Error."""
    data_dir = store.database.path.parent
    for path in (data_dir / file for file in intent.imported):
        if path.exists() and not store.imported.is_held(path):
            if intent.trash is not None:
                store.cutter.set_aside(path, intent.period, data_dir / intent.trash)
            store.cutter.cut(path, intent.site_id, intent.period)


def _has_days(store: Store, path: Path, period: Period) -> bool:
    """Whether a file holds some of the days; one that cannot be read holds none that are known."""
    try:
        return named(path) is not None and any(d in period for d in store.imported.days_in(path))
    except duckdb.Error:
        return False
