"""Import of another product's history: what reading it takes, and working out its days."""

from __future__ import annotations

import csv
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from benches import histories
from benches.answers import BenchFailed
from benches.apart import apart
from benches.figures import Figure, at_least, at_most
from benches.resident import forget_the_highest, resident_mb
from benches.sizes import Size
from mallard.app import Mallard, offline, utc_now
from mallard.assembly.judging import make_judge
from mallard.config import Settings
from mallard.model import Period
from mallard.reports.query import ReportQuery
from mallard.reports.totals import totals
from mallard.store.engine.memory import limit_bytes
from mallard.transfer.histories.opening import Job, jobs
from mallard.transfer.histories.told import Told
from mallard.transfer.importing import import_source

MOST_GROWTH_MB = 100
FEWEST_ROWS = 30_000
"""A second, of one core."""

DAYS = Period(date(2025, 12, 31), date(2027, 1, 1))


@dataclass(frozen=True, slots=True)
class Part:
    """What a part of an import took: seconds of processor time, and MB at most."""

    seconds: float
    memory_mb: float


@dataclass(frozen=True, slots=True)
class Run:
    """An import of a file, in a process of its own; DuckDB might have taken `limit_mb`."""

    idle_mb: float
    limit_mb: float
    reading: Part
    working_out: Part


def run(size: Size) -> list[Figure]:
    """The floor is to read the same file as CSV and to do nothing with it."""
    rows = min(size.stored, histories.ROWS)
    with TemporaryDirectory(prefix="mallard-bench-") as folder:
        file = Path(folder) / "website_event.csv"
        histories.write_umami(file, rows, size.days)
        before = apart(_read, file)
        took = apart(_import, file, Path(folder) / "data", rows)
        floor = (before + apart(_read, file)) / 2
        log = Path(folder) / "access.log"
        histories.write_log(log, rows, size.days)
        of_log = apart(_import_log, log, Path(folder) / "of-log")
    reading, working_out = took.reading, took.working_out
    growth, later = reading.memory_mb - took.idle_mb, working_out.memory_mb - took.idle_mb
    return [
        Figure("rows read: of one core", rows / reading.seconds, "/s", at_least(FEWEST_ROWS)),
        Figure("lines of an access log: of one core", rows / of_log, "/s"),
        Figure("csv.reader (floor)", rows / floor, "/s"),
        Figure("times the floor", reading.seconds / floor),
        Figure("an idle process", took.idle_mb, "MB"),
        Figure("reading: memory at most above idle", growth, "MB", at_most(MOST_GROWTH_MB)),
        Figure("days worked out: rows of one core", rows / working_out.seconds, "/s"),
        Figure("working out: memory at most above idle", later, "MB"),
        Figure("that / what DuckDB may take", later / took.limit_mb),
    ]


def _read(file: Path) -> float:
    """Seconds of processor time."""
    with file.open(encoding="utf-8", newline="") as text:
        begun = time.process_time()
        deque(csv.reader(text), maxlen=0)
        return time.process_time() - begun


def _import(file: Path, data_dir: Path, rows: int) -> Run:
    (job,) = (one for one in jobs([file], None, Told()) if isinstance(one, Job))
    settings = Settings(data_dir=data_dir, secret="bench")
    with offline(settings, utc_now) as mallard:
        with mallard.store.database.reader() as connection:
            limit_mb = limit_bytes(connection) / 1e6
        idle_mb = resident_mb()
        reading = _measured(lambda: _take(mallard, job))
        working_out = _measured(lambda: deque(mallard.transfer.work_out_figures(), maxlen=0))
        _insist(mallard, rows)
    return Run(idle_mb, limit_mb, reading, working_out)


def _import_log(file: Path, data_dir: Path) -> float:
    """Seconds of processor time to read what takes longest: each line is judged as a live event."""
    settings = Settings(data_dir=data_dir, secret="bench")
    with offline(settings, utc_now) as mallard:
        judge = make_judge(settings, mallard.sites, utc_now, is_trial=False)
        told = Told("example.com", decisions=mallard.sites, judge=lambda: judge)
        (job,) = (one for one in jobs([file], None, told) if isinstance(one, Job))
        return _measured(lambda: _take(mallard, job)).seconds


def _take(mallard: Mallard, job: Job) -> None:
    with mallard.transfer.frugally(), job.opened() as (source, known_by):
        import_source(source, known_by, mallard.transfer, utc_now(), _refuse, lambda: None)


def _refuse(number: int, why: str) -> None:
    raise BenchFailed(f"row {number} does not come in: {why}")


def _measured(work: Callable[[], object]) -> Part:
    forget_the_highest()
    begun = time.process_time()
    work()
    return Part(time.process_time() - begun, resident_mb("VmHWM"))


def _insist(mallard: Mallard, rows: int) -> None:
    """Fails unless all has come in."""
    found = totals(mallard.store, ReportQuery("example.com", DAYS))
    if found.total_pageviews != rows - (rows + 9) // 10:
        raise BenchFailed("not every pageview has come in")
