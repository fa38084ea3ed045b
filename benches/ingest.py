"""Events per second of `POST /api/event`, against a bare waitress and against a Flask view."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

import duckdb

from benches import servers
from benches.answers import Answers, BenchFailed
from benches.figures import Figure, at_least, at_most
from benches.load import Load
from benches.servers import Server
from benches.sizes import Size
from benches.traffic import on_the_wire, sample, with_engagement
from benches.wire import write_requests
from mallard.demo.traffic import Hit
from mallard.model import ENGAGEMENT

REQUESTS = 5_000
"""Distinct requests, sent over and over: more than a thousand visitors of two sites."""
WARM_UP_SECS = 1.0


class Round(NamedTuple):
    """What one server did in one round, and the processor time that it took for an event."""

    answers: Answers
    cpu_us: float


Rounds = dict[str, list[Round]]


def run(size: Size) -> list[Figure]:
    """Alternates the servers round by round, so that what else the machine does hits all alike."""
    with TemporaryDirectory(prefix="mallard-bench-") as folder, ExitStack() as running:
        requests = [on_the_wire(hit) for hit in _views_first(sample(REQUESTS))]
        load = Load.of_size(size, write_requests(Path(folder) / "requests", requests))
        data_dir = Path(folder) / "data"
        mallard = running.enter_context(servers.mallard(data_dir))
        peers = {name: running.enter_context(servers.peer(name)) for name in ("bare", "flask")}
        rounds = _measure({**peers, "mallard": mallard}, load, size)
        counted = json.loads(mallard.get("/health/detailed"))["events"]["accepted"]
        if (code := mallard.stop()) != 0:
            raise BenchFailed(f"Mallard ended with exit code {code}")
        stored = rows_in_parquet(data_dir)
    check_nothing_is_lost([answers for answers, _ in rounds["mallard"]], counted, stored)
    measured = {name: of_server[1:] for name, of_server in rounds.items()}
    return [*_figures(measured, load.client), Figure("events answered 202 and stored", stored)]


def _views_first(found: Sequence[Hit]) -> list[Hit]:
    """The same with what pages tell of each view, when all views have been.

    Before the view that it is about it would be dropped, and connections overtake each other.
    """
    return sorted(with_engagement(found), key=lambda hit: hit.body["n"] == ENGAGEMENT)


def rows_in_parquet(data_dir: Path) -> int:
    """How many events the Parquet tree of a data directory holds."""
    tree = data_dir / "events" / "*" / "*" / "*.parquet"
    with duckdb.connect() as connection:
        row = connection.execute("select count(*) from read_parquet(?)", [str(tree)]).fetchone()
    return int(row[0]) if row else 0


def check_nothing_is_lost(answers: Sequence[Answers], counted: int, stored: int) -> None:
    """Raises BenchFailed unless exactly the events that were answered 202 are stored."""
    fewest = sum(answer.accepted for answer in answers)
    most = fewest + sum(answer.cut_off for answer in answers)
    if stored != counted or not fewest <= stored <= most:
        raise BenchFailed(
            f"the client got {fewest} to {most} times 202, the server counted {counted},"
            f" and {stored} events are stored"
        )


def _measure(peers: dict[str, Server], load: Load, size: Size) -> Rounds:
    """The rounds of each server; its first one, shorter, only warms it up."""
    warm_up_secs = min(WARM_UP_SECS, size.seconds)
    rounds: Rounds = {name: [] for name in peers}
    for seconds in [warm_up_secs] + [size.seconds] * size.rounds:
        for name, server in peers.items():
            rounds[name].append(_round(server, load, seconds))
    return rounds


def _round(server: Server, load: Load, seconds: float) -> Round:
    before = server.cpu_secs()
    answers = load.put_on(server.port, seconds)
    return Round(answers, (server.cpu_secs() - before) / answers.accepted * 1e6)


def _figures(measured: Rounds, client: str) -> list[Figure]:
    figures = [
        Figure("share of a bare waitress", _rate_share(measured, "bare"), aim=at_least(0.6)),
        Figure("share of a Flask view", _rate_share(measured, "flask"), aim=at_least(1.0)),
        Figure("99th percentile / bare's", _times_slower(measured, "bare"), aim=at_most(4)),
    ]
    for name, rounds in measured.items():
        answers = [each.answers for each in rounds]
        rate = median(answer.per_second for answer in answers)
        figures += [
            Figure(f"{name}: events per second ({client})", rate, "/s"),
            Figure(f"{name}: median latency", median(a.p50_ms for a in answers), "ms"),
            Figure(f"{name}: 99th percentile", median(a.p99_ms for a in answers), "ms"),
            Figure(f"{name}: processor time per event", median(r.cpu_us for r in rounds), "µs"),
        ]
    return figures


def _rate_share(measured: Rounds, peer: str) -> float:
    """Mallard's rate as a share of the peer's: the median of what each round says."""
    pairs = zip(measured["mallard"], measured[peer], strict=True)
    return median(ours.answers.per_second / theirs.answers.per_second for ours, theirs in pairs)


def _times_slower(measured: Rounds, peer: str) -> float:
    """How many times the peer's 99th percentile ours is: the median of what each round says."""
    pairs = zip(measured["mallard"], measured[peer], strict=True)
    return median(ours.answers.p99_ms / theirs.answers.p99_ms for ours, theirs in pairs)
