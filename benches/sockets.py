"""The client where there is no wrk: processes of our own with raw, kept-alive sockets."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path
from statistics import quantiles

from benches.answers import Answers
from benches.servers import HOST, BenchFailed
from benches.traffic import read_requests

PROCESSES = 2
SILENCE_SECS = 30.0
SUCCESS = b"HTTP/1.1 202 "


def drive(port: int, requests: Path, connections: int, seconds: float, skip: int) -> Answers:
    """Sends the requests from the one after `skip` on; see `benches.load.Load.put_on`."""
    shares = [len(range(number, connections, PROCESSES)) for number in range(PROCESSES)]
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        parts = [
            pool.submit(_drive, port, requests, share, seconds, skip + number)
            for number, share in enumerate(shares)
            if share
        ]
        seen = [part.result() for part in parts]
    waits = [wait for _, waited in seen for wait in waited]
    cuts = quantiles(waits, n=100, method="inclusive")
    return Answers(len(waits), max(took for took, _ in seen), cuts[49] * 1e3, cuts[98] * 1e3)


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
