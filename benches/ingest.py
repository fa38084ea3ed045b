"""Events per second of `POST /api/event`, against a bare waitress and against a Flask view."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import duckdb

from benches import servers
from benches.answers import Answers
from benches.figures import Figure, at_least
from benches.load import Load
from benches.servers import BenchFailed, Server
from benches.sizes import Size
from benches.traffic import on_the_wire, sample, write_requests

REQUESTS = 5_000
"""Distinct requests, sent over and over: more than a thousand visitors of two sites."""
WARM_UP_SECS = 1.0

Rounds = dict[str, list[Answers]]


def run(size: Size) -> list[Figure]:
    """Alternates the servers round by round, so that what else the machine does hits all alike."""
    with TemporaryDirectory(prefix="mallard-bench-") as folder:
        requests = [on_the_wire(hit) for hit in sample(REQUESTS)]
        load = Load.of_size(size, write_requests(Path(folder) / "requests", requests))
        data_dir = Path(folder) / "data"
        with ExitStack() as running:
            mallard = running.enter_context(servers.mallard(data_dir))
            bare = running.enter_context(servers.peer("bare"))
            flask = running.enter_context(servers.peer("flask"))
            rounds = _measure({"bare": bare, "flask": flask, "mallard": mallard}, load, size)
            stored = _stored_after_stop(mallard, data_dir, rounds["mallard"])
    return _figures(rounds, stored, load.client)


def _measure(peers: dict[str, Server], load: Load, size: Size) -> Rounds:
    """The answers of each server; the first round of each, to warm it up, is the first element."""
    rounds: Rounds = {
        name: [load.put_on(server.port, min(WARM_UP_SECS, size.seconds))]
        for name, server in peers.items()
    }
    for _ in range(size.rounds):
        for name, server in peers.items():
            rounds[name].append(load.put_on(server.port, size.seconds))
    return rounds


def _stored_after_stop(mallard: Server, data_dir: Path, answers: list[Answers]) -> int:
    """The events in Parquet after SIGTERM. Raises BenchFailed unless they are those answered."""
    counted = json.loads(mallard.get("/health/detailed"))["events"]
    if (code := mallard.stop()) != 0:
        raise BenchFailed(f"Mallard ended with exit code {code}")
    stored = rows_in_parquet(data_dir)
    fewest = sum(answer.accepted for answer in answers)
    most = fewest + sum(answer.cut_off for answer in answers)
    if stored != counted["accepted"] or not fewest <= stored <= most:
        raise BenchFailed(
            f"{fewest} to {most} events were answered 202, Mallard counted {counted}, {stored} are"
            " stored"
        )
    return stored


def rows_in_parquet(data_dir: Path) -> int:
    """How many events the Parquet tree of a data directory holds."""
    tree = data_dir / "events" / "*" / "*" / "*.parquet"
    with duckdb.connect() as connection:
        row = connection.execute("select count(*) from read_parquet(?)", [str(tree)]).fetchone()
    return int(row[0]) if row else 0


def _figures(rounds: Rounds, stored: int, client: str) -> list[Figure]:
    measured = {name: answers[1:] for name, answers in rounds.items()}
    figures = [
        Figure("of a bare waitress", _ratio(measured, "bare"), aim=at_least(0.5)),
        Figure("of a Flask view", _ratio(measured, "flask"), aim=at_least(1.0)),
    ]
    for name, answers in measured.items():
        rate = median(answer.per_second for answer in answers)
        figures += [
            Figure(f"{name}: events per second ({client})", rate, "/s"),
            Figure(f"{name}: median latency", median(a.p50_ms for a in answers), "ms"),
            Figure(f"{name}: 99th percentile", median(a.p99_ms for a in answers), "ms"),
        ]
    return [*figures, Figure("events answered 202, and found in Parquet", stored)]


def _ratio(measured: Rounds, peer: str) -> float:
    """Mallard's rate as a share of the peer's: the median of what each round says."""
    pairs = zip(measured["mallard"], measured[peer], strict=True)
    return median(ours.per_second / theirs.per_second for ours, theirs in pairs)
