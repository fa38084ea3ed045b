"""Downloads through the portal, against bare waitress applications that send the same file."""

from __future__ import annotations

import time
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benches import servers
from benches.answers import BenchFailed
from benches.figures import Figure, at_least, at_most
from benches.peers import FILE
from benches.servers import Server
from benches.sizes import Size
from benches.wire import HOST

BYTES_FOR_AN_EVENT = 100
"""A usual run, of ten million stored events, passes on a gigabyte."""
PATIENCE_SECS = 300

SETTINGS = """
[portal.projects.local]
downloads = "{directory}"
[portal.projects.remote]
downloads = "http://{host}:{port}/{{version}}/{{asset}}"
"""

DIRECTLY, PASSED = at_least(0.9), at_least(0.5)
Rates = dict[str, list[float]]


def run(size: Size) -> list[Figure]:
    """Megabytes a second of one download, in turns; the file of the upstream is sent bare, too."""
    with TemporaryDirectory(prefix="mallard-bench-") as folder:
        release = Path(folder) / "releases" / "v1"
        release.mkdir(parents=True)
        length = BYTES_FOR_AN_EVENT * size.stored
        _write(release / "asset", length)
        with (
            servers.peer("file", **{FILE: str(release / "asset")}) as file,
            servers.peer("pieces", **{FILE: str(release / "asset")}) as pieces,
        ):
            config = Path(folder) / "mallard.toml"
            directory = release.parent
            config.write_text(SETTINGS.format(directory=directory, host=HOST, port=file.port))
            # No flush by the timer: what it takes is no download's.
            settings = {"config": str(config), "flush_interval": "3600"}
            with servers.mallard(Path(folder) / "data", **settings) as mallard:
                places = {
                    "bare, handed to waitress": (file, "/"),
                    "bare, in pieces": (pieces, "/"),
                    "from a directory": (mallard, "/downloads/local/v1/asset"),
                    "through an upstream": (mallard, "/downloads/remote/v1/asset"),
                }
                _in_turns(places, length, 1)
                before = _forget_the_highest(mallard)
                rates = _in_turns(places, length, size.rounds)
                grown = mallard.memory_mb("VmHWM") - before
        memory = "memory above that after the first downloads"
        return [*_figures(rates), Figure(memory, grown, "MB", at_most(20))]


def _forget_the_highest(server: Server) -> float:
    """The memory that the server takes; from now on `VmHWM` is the most after this."""
    Path(f"/proc/{server.process.pid}/clear_refs").write_text("5", "ascii")
    return server.memory_mb()


def _write(path: Path, length: int) -> None:
    """A file of so many bytes, which are not all alike."""
    piece = bytes(range(256)) * 4096
    with path.open("wb") as file:
        for left in range(length, 0, -len(piece)):
            file.write(piece[:left])


def _in_turns(places: Mapping[str, tuple[Server, str]], length: int, rounds: int) -> Rates:
    rates: Rates = {name: [] for name in places}
    for _ in range(rounds):
        for name, (server, path) in places.items():
            rates[name].append(_rate(server, path, length))
    return rates


def _rate(server: Server, path: str, length: int) -> float:
    """Megabytes a second of a download, which must be whole."""
    connection = HTTPConnection(HOST, server.port, timeout=PATIENCE_SECS)
    room = memoryview(bytearray(1 << 20))
    received = 0
    begun = time.perf_counter()
    connection.request("GET", path)
    response = connection.getresponse()
    while count := response.readinto(room):
        received += count
    taken = time.perf_counter() - begun
    connection.close()
    if response.status != 200 or received != length:
        raise BenchFailed(f"GET {path} answers {response.status}, and {received} bytes")
    return length / taken / 1e6


def _figures(rates: Rates) -> list[Figure]:
    file, pieces, local, remote = rates.values()

    def share(mine: list[float], bare: list[float]) -> float:
        return median(one / other for one, other in zip(mine, bare, strict=True))

    return [
        Figure("from a directory, share of a file handed over", share(local, file), "", DIRECTLY),
        Figure("from a directory, share of pieces", share(local, pieces), "", DIRECTLY),
        Figure("through an upstream, share of a file handed over", share(remote, file), "", PASSED),
        Figure("through an upstream, share of pieces", share(remote, pieces), "", PASSED),
        *(Figure(name, median(found), "MB/s") for name, found in rates.items()),
    ]
