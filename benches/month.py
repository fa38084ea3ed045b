"""Resident memory of a server on a month of stored events: their figures, a view, heavy reports.

DuckDB gets what it would get by default on a machine that has 512 MB, and on one that has 1 GB.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from benches import servers
from benches.answers import BenchFailed
from benches.figures import Aim, Figure, at_most
from benches.servers import Server
from benches.sizes import Size
from benches.warehouse import MONTH, SITE, lay_down
from benches.wire import HOST
from mallard.config import Settings
from mallard.store.engine.memory import default_limit

PATIENCE_SECS = 600
LOOKS_EVERY_SECS = 0.2
RANGE = f"site_id={SITE}&start_date={MONTH.start}&end_date={MONTH.end}"
STEPS = "page:/pricing,page:/signup,event:signup"
VIEW = f"/?{RANGE}"

REPORTS: Mapping[str, str] = {
    "funnel": f"/api/stats/funnel?{RANGE}&steps={STEPS}",
    "filtered totals": f"/api/stats/main?{RANGE}&filter=country==DE",
    "retention": f"/api/stats/retention?{RANGE}",
    "filtered pages": f"/api/stats/breakdown/pages?{RANGE}&filter=browser==Chrome",
    "filtered funnel": f"/api/stats/funnel?{RANGE}&steps={STEPS}&filter=browser==Chrome",
    "filtered exit pages": f"/api/stats/breakdown/exit_pages?{RANGE}&filter=browser==Chrome",
}
"""What rollups cannot answer: all of them read every event."""

AT_ONCE = Settings().max_concurrent_queries
AT_REST = at_most(300)


@dataclass(frozen=True, slots=True)
class Machine:
    """One that Mallard has to itself, and how much of it a server may take at most."""

    name: str
    memory: int
    worst: Aim


SMALL_MACHINE = 512_000_000
MACHINES = (
    Machine("512 MB", SMALL_MACHINE, at_most(512)),
    Machine("1 GB", 1_000_000_000, at_most(800)),
)


def figures(folder: Path, size: Size) -> list[Figure]:
    """MB of a server that answers everything it is asked. Raises BenchFailed if one does not."""
    return [figure for machine in MACHINES for figure in _on(machine, folder, size)]


def _on(machine: Machine, folder: Path, size: Size) -> list[Figure]:
    data_dir = folder / machine.name
    lay_down(data_dir, size.stored, days=size.days)
    patience = str(PATIENCE_SECS)
    limits = {"query_timeout_secs": patience, "duckdb_memory_limit": default_limit(machine.memory)}
    with servers.mallard(data_dir, cache_ttl="0", **limits) as mallard:
        _wait_for_the_figures(mallard)
        built, on_the_way = mallard.memory_mb(), mallard.memory_mb("VmHWM")
        _get(mallard, VIEW)
        viewed = mallard.memory_mb()
        each = {name: _highest(mallard, [path]) for name, path in REPORTS.items()}
        together = _highest(mallard, list(islice(cycle(REPORTS.values()), AT_ONCE)))
        mallard.stop()
    worst = max(each, key=lambda name: each[name])
    stored = f"{machine.name}: {size.stored:,} stored events"
    return [
        Figure(f"{stored}, when their figures are ready", built, "MB", AT_REST),
        Figure(f"{machine.name}: highest until then", on_the_way, "MB", machine.worst),
        Figure(f"{machine.name}: after the first view", viewed, "MB", AT_REST),
        Figure(
            f"{machine.name}: highest in the worst report ({worst})",
            each[worst],
            "MB",
            machine.worst,
        ),
        Figure(
            f"{machine.name}: highest in {AT_ONCE} reports at once", together, "MB", machine.worst
        ),
    ]


def _wait_for_the_figures(mallard: Server) -> None:
    deadline = time.monotonic() + PATIENCE_SECS
    while json.loads(_get(mallard, "/health/detailed"))["rollups_pending"]:
        if time.monotonic() > deadline:
            raise BenchFailed("the figures of the stored days are not ready")
        time.sleep(LOOKS_EVERY_SECS)


def _highest(mallard: Server, paths: list[str]) -> float:
    """The most that the server takes while it answers these, all at once."""
    Path(f"/proc/{mallard.process.pid}/clear_refs").write_text("5", "ascii")
    with ThreadPoolExecutor(len(paths)) as pool:
        list(pool.map(lambda path: _get(mallard, path), paths))
    return mallard.memory_mb("VmHWM")


def _get(mallard: Server, path: str) -> bytes:
    """The body of an answer that may take its time."""
    try:
        with urlopen(f"http://{HOST}:{mallard.port}{path}", timeout=PATIENCE_SECS) as answer:
            body: bytes = answer.read()
    except HTTPError as refusal:
        with refusal:
            raise BenchFailed(f"GET {path} answers {refusal.code}") from None
    return body
