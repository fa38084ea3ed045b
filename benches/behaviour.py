"""The behavioural reports on a month of events, against ClickHouse's engine on the same files.

The figures and sessions of the days are worked out, and nothing is cached.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from benches import clickhouse
from benches.apart import apart
from benches.figures import Figure, at_most
from benches.sizes import Size
from benches.warehouse import MONTH, SITE, lay_down
from mallard.priorities import yield_to_others
from mallard.reports.flow import flow
from mallard.reports.funnel import funnel
from mallard.reports.query import ReportQuery
from mallard.reports.retention import retention
from mallard.reports.rollups import ROLLUPS
from mallard.reports.sequences import sequences
from mallard.reports.sessions import sessions
from mallard.reports.steps import Step
from mallard.store.engine.database import Database
from mallard.store.recovery import recover
from mallard.store.store import Store
from mallard.store.upkeep.days import Upkeep

THREADS = 2
PATIENCE_SECS = 600
STEPS = (Step("page", "/pricing"), Step("page", "/signup"), Step("event", "signup"))
QUERY = ReportQuery(SITE, MONTH)

REPORTS: dict[str, Callable[[Store], object]] = {
    "sessions": lambda store: sessions(store, QUERY),
    "funnel": lambda store: funnel(store, QUERY, STEPS, timedelta(days=1)),
    "sequences": lambda store: sequences(store, QUERY, STEPS),
    "flow": lambda store: flow(store, QUERY, "/pricing"),
    "retention": lambda store: retention(store, QUERY, 4),
}


def run(size: Size) -> list[Figure]:
    """Seconds of each report, alternating with the same question to chdb where it is installed.

    That happens in a process of its own, in which all threads have the priority of DuckDB's.
    """
    return apart(_figures, size)


def _figures(size: Size) -> list[Figure]:
    yield_to_others()
    with TemporaryDirectory(prefix="mallard-bench-") as folder:
        data_dir = Path(folder)
        lay_down(data_dir, size.stored, days=size.days)
        store = _opened(data_dir)
        Upkeep(store, lambda: MONTH.end).build_all()
        ask = None
        with suppress(ImportError):
            ask = clickhouse.asker(data_dir, THREADS)
        figures = []
        for name, report in REPORTS.items():
            figures += _compare(name, partial(report, store), ask, size.rounds)
        store.close()
    return figures


def _compare(
    name: str, report: Callable[[], object], ask: Callable[[str], str] | None, rounds: int
) -> list[Figure]:
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(_seconds(report))
        if ask is not None:
            theirs.append(_seconds(lambda: ask(name)))
    figures = [Figure(name, statistics.median(ours), "s")]
    if theirs:
        figures.append(Figure(f"{name}, ClickHouse", statistics.median(theirs), "s"))
        ratio = statistics.median(o / t for o, t in zip(ours, theirs, strict=True))
        figures.append(Figure(f"{name}, ours / ClickHouse", ratio, aim=at_most(0.5)))
    return figures


def answers(data_dir: Path) -> dict[str, bytes]:
    """What the reports answer, to be looked at beside ClickHouse's answers."""
    store = _opened(data_dir)
    found = {name: msgspec.json.encode(report(store)) for name, report in REPORTS.items()}
    store.close()
    return found


def _opened(data_dir: Path) -> Store:
    database = Database(data_dir, MONTH.end, THREADS)
    store = Store(data_dir, database, PATIENCE_SECS, rollups=ROLLUPS)
    recover(store)
    return store


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
