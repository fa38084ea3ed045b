"""The client where there is no wrk: processes of our own with raw, kept-alive sockets.

`python -m benches.sockets PORT FILE CONNECTIONS SECONDS FIRST` is one of these processes; it prints
how long it took and the seconds that each answer took, as a JSON array.
"""

from __future__ import annotations

import json
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import quantiles

from benches.answers import Answers, BenchFailed
from benches.wire import HOST, read_requests

PROCESSES = 2
SILENCE_SECS = 30.0
SUCCESS = b"HTTP/1.1 202 "
ROOT = Path(__file__).resolve().parent.parent


def drive(port: int, requests: Path, connections: int, seconds: float, skip: int) -> Answers:
    """Sends the requests from the one after `skip` on; see `benches.load.Load.put_on`."""
    processes = [
        _start(port, requests, len(share), seconds, skip + number)
        for number in range(PROCESSES)
        if (share := range(number, connections, PROCESSES))
    ]
    said = [process.communicate(timeout=seconds + 2 * SILENCE_SECS) for process in processes]
    for process, (_, error) in zip(processes, said, strict=True):
        if process.returncode:
            raise BenchFailed(error.strip().rpartition("\n")[2])
    seen = [json.loads(output) for output, _ in said]
    waits = [wait for _, waited in seen for wait in waited]
    cuts = quantiles(waits, n=100, method="inclusive")
    return Answers(len(waits), max(took for took, _ in seen), cuts[49] * 1e3, cuts[98] * 1e3)


def _start(
    port: int, requests: Path, connections: int, seconds: float, first: int
) -> subprocess.Popen[str]:
    arguments = [port, requests, connections, seconds, first]
    return subprocess.Popen(
        [sys.executable, "-m", "benches.sockets", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _drive(
    port: int, path: Path, connections: int, seconds: float, first: int
) -> tuple[float, list[float]]:
    """One process's part: how long it took, and the seconds that each answer took."""
    requests = islice(cycle(read_requests(path)), first, None, PROCESSES)
    waits: list[float] = []
    with selectors.DefaultSelector() as selector:
        begun = time.perf_counter()
        for _ in range(connections):
            exchange = _Exchange(socket.create_connection((HOST, port), SILENCE_SECS), requests)
            selector.register(exchange.socket, selectors.EVENT_READ, exchange)
        while selector.get_map():
            ready = selector.select(SILENCE_SECS)
            if not ready:
                raise BenchFailed(f"no answer for {SILENCE_SECS:.0f} s")
            for key, _ in ready:
                exchange = key.data
                if (waited := exchange.receive()) is None:
                    continue
                waits.append(waited)
                if time.perf_counter() - begun < seconds:
                    exchange.send()
                else:
                    selector.unregister(exchange.socket)
                    exchange.socket.close()
        return time.perf_counter() - begun, waits


@dataclass(slots=True)
class _Exchange:
    """One connection: a request goes out, its answer comes back, and so on."""

    socket: socket.socket
    requests: Iterator[bytes]
    _received: bytes = b""
    _sent_at: float = 0.0

    def __post_init__(self) -> None:
        self.send()

    def send(self) -> None:
        """Sends the next request."""
        self._received = b""
        self._sent_at = time.perf_counter()
        self.socket.sendall(next(self.requests))

    def receive(self) -> float | None:
        """The seconds that the answer took once it is whole; it is a 202 and has no body."""
        chunk = self.socket.recv(8192)
        self._received += chunk
        if not chunk or not self._received.startswith(SUCCESS[: len(self._received)]):
            raise BenchFailed(f"the answer was {self._received!r}")
        is_whole = self._received.endswith(b"\r\n\r\n")
        return time.perf_counter() - self._sent_at if is_whole else None


def main(port: str, path: str, connections: str, seconds: str, first: str) -> None:
    """Runs one process's part."""
    print(json.dumps(_drive(int(port), Path(path), int(connections), float(seconds), int(first))))


if __name__ == "__main__":
    main(*sys.argv[1:])
