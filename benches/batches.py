"""Events per second of `POST /api/events`, against reading and writing the same JSON alone."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import msgspec

from benches import servers
from benches.answers import BenchFailed
from benches.figures import Figure, at_least, table
from benches.ingest import rows_in_parquet
from benches.servers import Server
from benches.sizes import Size
from benches.traffic import sample
from benches.wire import HOST
from mallard.auth.keys import ApiKeys
from mallard.demo.traffic import Hit
from mallard.register.files import Files

BATCH = 500
MOST_HITS = 10_000
CLIENTS = 2
"""So that the next batch is there when one is answered."""


class Round(NamedTuple):
    """What the server did in one round."""

    events: int
    seconds: float
    cpu_secs: float
    waits: list[float]


def run(size: Size) -> list[Figure]:
    """The processor time is all of the server's: storing what was accepted, too."""
    hits = sample(max(BATCH, min(MOST_HITS, size.events)))
    bodies = [_body(hits[at : at + BATCH]) for at in range(0, len(hits), BATCH)]
    with TemporaryDirectory(prefix="mallard-bench-") as folder:
        data_dir = Path(folder) / "data"
        data_dir.mkdir()
        key = ApiKeys(Files(data_dir), lambda: datetime.now(UTC)).create("bench", "Ingest").key
        with servers.mallard(data_dir, rate_limit="0") as mallard:
            rounds = [_round(mallard, key, bodies, size.seconds) for _ in range(size.rounds + 1)]
            if (code := mallard.stop()) != 0:
                raise BenchFailed(f"Mallard ended with exit code {code}")
        sent = sum(each.events for each in rounds)
        if (stored := rows_in_parquet(data_dir)) != sent:
            raise BenchFailed(f"{sent} events were accepted, and {stored} are stored")
    return [*_figures(rounds[1:], _floor_us(bodies)), Figure("events accepted and stored", stored)]


def _figures(rounds: Sequence[Round], floor_us: float) -> list[Figure]:
    """Of all rounds but the first, which warms up."""
    cpu_us = median(each.cpu_secs / each.events * 1e6 for each in rounds)
    waits = [wait for each in rounds for wait in each.waits]
    cuts = quantiles(waits, n=100, method="inclusive")
    rate = median(each.events / each.seconds for each in rounds)
    return [
        Figure("events per second of one core", 1e6 / cpu_us, "/s", at_least(20_000)),
        Figure("events per second", rate, "/s"),
        Figure("processor time per event", cpu_us, "µs"),
        Figure("reading and writing the same JSON (floor)", floor_us, "µs"),
        Figure("times the floor", cpu_us / floor_us),
        Figure(f"a batch of {BATCH}: median latency", cuts[49] * 1e3, "ms"),
        Figure(f"a batch of {BATCH}: 99th percentile", cuts[98] * 1e3, "ms"),
    ]


def _body(hits: Sequence[Hit]) -> bytes:
    return msgspec.json.encode(
        [hit.body | {"client_ip": hit.address, "user_agent": hit.user_agent} for hit in hits]
    )


def _floor_us(bodies: Sequence[bytes]) -> float:
    """Microseconds per event that any program spends that decodes the bodies and writes them."""
    quickest = float("inf")
    for _ in range(5):
        begun = time.perf_counter()
        events = 0
        for body in bodies:
            decoded = msgspec.json.decode(body)
            events += len(decoded)
            msgspec.json.encode(decoded)
        quickest = min(quickest, (time.perf_counter() - begun) / events * 1e6)
    return quickest


def _round(server: Server, key: str, bodies: Sequence[bytes], seconds: float) -> Round:
    cpu_before, begun = server.cpu_secs(), time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [
            pool.submit(_drive, server.port, key, bodies[number::CLIENTS] or bodies, seconds)
            for number in range(CLIENTS)
        ]
        answered = [answer for client in clients for answer in client.result()]
    took = time.perf_counter() - begun
    events = sum(count for count, _ in answered)
    return Round(events, took, server.cpu_secs() - cpu_before, [wait for _, wait in answered])


def _drive(port: int, key: str, bodies: Sequence[bytes], seconds: float) -> list[tuple[int, float]]:
    """How many events each answer accepted, and the seconds that it took."""
    connection = http.client.HTTPConnection(HOST, port)
    answered: list[tuple[int, float]] = []
    end = time.perf_counter() + seconds
    for body in cycle(bodies):
        begun = time.perf_counter()
        if answered and begun >= end:
            break
        connection.request("POST", "/api/events", body, {"X-API-Key": key})
        response = connection.getresponse()
        answer = json.loads(response.read())
        _check(response.status, answer)
        answered.append((answer["accepted"], time.perf_counter() - begun))
    connection.close()
    return answered


def _check(status: int, answer: dict[str, Any]) -> None:
    if status != 200 or answer["errors"] or not answer["accepted"]:
        raise BenchFailed(f"a batch was answered {status}: {str(answer)[:200]}")


if __name__ == "__main__":
    print(table(run(Size())))
