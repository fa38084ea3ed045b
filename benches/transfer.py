"""Export of a month of events in each format, import of the files into empty instances."""

from __future__ import annotations

import http.client
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benches import servers
from benches.answers import BenchFailed
from benches.figures import Figure, at_most
from benches.servers import Server
from benches.sizes import Size
from benches.warehouse import MONTH, SITE, lay_down
from benches.wire import HOST

FORMATS = ("csv", "jsonl", "parquet")
MOST_GROWTH_MB = 100
CHUNK_BYTES = 1 << 20

PERIOD = f"site_id={SITE}&start_date={MONTH.start}&end_date={MONTH.end}"
REPORTS = (
    f"/api/stats/main?{PERIOD}",
    f"/api/stats/sessions?{PERIOD}",
    f"/api/stats/timeseries?{PERIOD}",
    f"/api/stats/export?{PERIOD}",
    f"/api/stats/breakdown/pages?{PERIOD}&limit=1000",
    f"/api/stats/breakdown/countries?{PERIOD}&limit=1000",
    f"/api/stats/funnel?{PERIOD}&steps=page:/pricing,page:/signup,event:signup",
    f"/api/stats/flow?{PERIOD}&page=/pricing",
)


@dataclass(frozen=True, slots=True)
class Run:
    """What something took."""

    seconds: float
    memory_mb: float


def run(size: Size) -> list[Figure]:
    """Events per second, and MB of 1,000,000 bytes by which the process grew meanwhile."""
    figures = []
    with TemporaryDirectory(prefix="mallard-bench-") as folder:
        origin, files = Path(folder) / "origin", Path(folder)
        lay_down(origin, size.stored, days=size.days)
        with servers.mallard(origin) as server:
            server.get(f"/?site_id={SITE}")
            for form in FORMATS:
                took = _export(server, form, files / f"all.{form}")
                figures.append(_speed(f"export to {form}", size, took))
                name = f"export to {form}: memory at most above idle"
                figures.append(Figure(name, took.memory_mb, "MB", at_most(MOST_GROWTH_MB)))
            expected = [server.get(report) for report in REPORTS]
        (files / "none.jsonl").touch()
        idle_mb = _import(files / "none.jsonl", files / "none").memory_mb
        for form in FORMATS:
            target = files / f"from-{form}"
            took = _import(files / f"all.{form}", target)
            figures.append(_speed(f"import of {form}", size, took))
            growth = took.memory_mb - idle_mb
            figures.append(Figure(f"import of {form}: memory at most above idle", growth, "MB"))
            _check(target, expected)
    return figures


def _speed(name: str, size: Size, took: Run) -> Figure:
    return Figure(f"{name}: events per second", size.stored / took.seconds, "/s")


def _export(server: Server, form: str, target: Path) -> Run:
    """Exports everything over HTTP."""
    Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")  # the peak begins anew
    idle_mb = server.memory_mb()
    start = time.perf_counter()
    connection = http.client.HTTPConnection(HOST, server.port)
    connection.request("GET", f"/api/export/events?site_id={SITE}&format={form}")
    answer = connection.getresponse()
    with target.open("wb") as file:
        while chunk := answer.read(CHUNK_BYTES):
            file.write(chunk)
    connection.close()
    if answer.status != http.client.OK:
        raise BenchFailed(f"the export to {form} answers {answer.status}")
    return Run(time.perf_counter() - start, server.memory_mb("VmHWM") - idle_mb)


def _import(file: Path, data_dir: Path) -> Run:
    """Imports a file into a new directory; the memory is all that the process ever held."""
    variables = {**os.environ, "MALLARD_DATA_DIR": str(data_dir), "PYTHONPATH": str(servers.ROOT)}
    words = [sys.executable, "-m", "mallard", "import", str(file)]
    start = time.perf_counter()
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    process = os.posix_spawn(words[0], words, variables, file_actions=quiet)
    _, status, usage = os.wait4(process, 0)
    if status:
        raise BenchFailed(
            f"the import of {file.name} ends with {os.waitstatus_to_exitcode(status)}"
        )
    return Run(time.perf_counter() - start, usage.ru_maxrss * 1024 / 1e6)


def _check(data_dir: Path, expected: list[bytes]) -> None:
    """Fails unless the imported events give the very same answers."""
    with servers.mallard(data_dir) as server:
        for report, answer in zip(REPORTS, expected, strict=True):
            if server.get(report) != answer:
                raise BenchFailed(f"{report} answers something else after the import")
