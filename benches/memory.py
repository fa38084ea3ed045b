"""Resident memory of a server: idle, after many events, and on a month of stored ones."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from benches import month, servers
from benches.figures import Figure, at_most
from benches.load import Load
from benches.servers import Server
from benches.sizes import Size
from benches.traffic import on_the_wire, sample
from benches.wire import write_requests

MOST_REQUESTS = 20_000
"""Distinct requests, sent over and over: more than 5,000 visitors."""
SLICE_SECS = 5.0
SITE = "acme.example"

REPORTS = (
    f"/?site_id={SITE}&period=today",
    f"/api/stats/main?site_id={SITE}&period=30d",
    f"/api/stats/timeseries?site_id={SITE}&period=today",
    f"/api/stats/breakdown/pages?site_id={SITE}&period=30d",
    f"/api/stats/breakdown/sources?site_id={SITE}&period=30d",
    f"/api/stats/breakdown/browsers?site_id={SITE}&period=30d",
)


def run(size: Size) -> list[Figure]:
    """MB of 1,000,000 bytes, as Linux counts the process's pages."""
    with TemporaryDirectory(prefix="mallard-bench-") as folder:
        return [*_collecting(Path(folder), size), *month.figures(Path(folder), size)]


def _collecting(folder: Path, size: Size) -> list[Figure]:
    requests = [on_the_wire(hit) for hit in sample(min(MOST_REQUESTS, size.events))]
    load = Load.of_size(size, write_requests(folder / "requests", requests))
    with servers.mallard(folder / "data") as mallard:
        mallard.get("/")
        idle = mallard.memory_mb()
        accepted = _send(mallard, load, size)
        busy = mallard.memory_mb()
        for report in REPORTS:
            mallard.get(report)
        after = mallard.memory_mb()
        highest = mallard.memory_mb("VmHWM")
        mallard.stop()
    return [
        Figure("idle, after one page", idle, "MB", at_most(150)),
        Figure(f"after {accepted:,} events", busy, "MB"),
        Figure(f"and {len(REPORTS)} reports", after, "MB", at_most(250)),
        Figure("highest on the way", highest, "MB"),
    ]


def _send(mallard: Server, load: Load, size: Size) -> int:
    """Sends at least as many events as the size says; how many it were."""
    accepted = 0
    while accepted < size.events:
        accepted += load.put_on(mallard.port, min(SLICE_SECS, size.seconds)).accepted
    return accepted
