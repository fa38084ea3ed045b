"""Takes exports of days into a Mallard, and figures that a test makes itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from mallard import app
from mallard.transfer.day_figures.bringing import Brought, DayJob, bring_in
from mallard.transfer.day_figures.making import make
from mallard.transfer.day_figures.rows import DayRow
from mallard.transfer.finding import found_in
from mallard.transfer.histories.told import Told

LATEST = date(2026, 3, 19)


def take_in(mallard: app.Mallard, *paths: Path, site: str | None = "example.com") -> Brought:
    """Imports files of one export."""
    (job,) = found_in(paths, None, Told(site, decisions=mallard.sites))
    assert isinstance(job, DayJob)
    bad: list[str] = []
    with job.made(mallard.clock(), lambda _, why: bad.append(why)) as made:
        brought = bring_in(made, job.known_by(), mallard.transfer, again=False)
    assert bad == []
    return brought


def take_rows_in(mallard: app.Mallard, rows: Iterable[DayRow], name: str = "rows") -> None:
    """Imports rows as one file for each site."""
    with TemporaryDirectory() as place:
        numbered = enumerate(list(rows))
        made = make(numbered, "test", LATEST, None, Path(place), lambda *_: None)
        bring_in(made, hashlib.sha256(name.encode()).hexdigest(), mallard.transfer, again=True)
