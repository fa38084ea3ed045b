"""What an event costs inside: the pipeline, the intake, and the whole without a server."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import msgspec

from benches.figures import Figure, at_most
from benches.sizes import Size
from benches.traffic import sample
from mallard.app import offline, utc_now
from mallard.config import Settings
from mallard.demo.places import locate
from mallard.demo.traffic import Hit
from mallard.ingest.limits import TokenBuckets
from mallard.ingest.pipeline import Pipeline, Policy, RawEvent
from mallard.ingest.visitors import VisitorIds

MOST_HITS = 1_000
"""Few enough that every cache of the pipeline holds them all."""

T = TypeVar("T")


def run(size: Size) -> list[Figure]:
    """Microseconds of one thread per event, caches warm; the median of several passes."""
    hits = sample(min(MOST_HITS, size.events))
    raws = [_raw(hit) for hit in hits]
    now = datetime.now(UTC)
    pipeline = Pipeline(Policy(), VisitorIds("bench", "daily"), locate, TokenBuckets(0))
    with TemporaryDirectory(prefix="mallard-bench-") as folder:
        with offline(Settings(data_dir=Path(folder) / "data"), utc_now) as mallard:
            wsgi = mallard.wsgi()
            costs = {
                "json.loads of the body (floor)": _cost(json.loads, [_body(h) for h in hits], size),
                "Pipeline.process": _cost(lambda raw: pipeline.process(raw, now), raws, size),
                "Intake.take": _cost(mallard.intake.take, raws, size),
                "the WSGI application": _cost(
                    lambda hit: wsgi(_environ(hit), lambda *_: _ignored), hits, size
                ),
            }
    aims = {"Pipeline.process": at_most(100)}
    return [Figure(name, cost, "µs", aims.get(name)) for name, cost in costs.items()]


def _cost(step: Callable[[T], object], inputs: Sequence[T], size: Size) -> float:
    """Microseconds per call: the median of the passes over all inputs after a first one."""
    passes = []
    for _ in range(1 + 3 * size.rounds):
        begun = time.perf_counter()
        for each in inputs:
            step(each)
        passes.append((time.perf_counter() - begun) / len(inputs) * 1e6)
    return median(passes[1:])


def _body(hit: Hit) -> bytes:
    return msgspec.json.encode(hit.body)


def _raw(hit: Hit) -> RawEvent:
    return RawEvent(_body(hit), hit.user_agent, hit.address)


def _environ(hit: Hit) -> dict[str, Any]:
    body = _body(hit)
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/event",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_USER_AGENT": hit.user_agent,
        "HTTP_X_FORWARDED_FOR": hit.address,
        "wsgi.input": io.BytesIO(body),
    }


def _ignored(_: bytes) -> None:
    """What WSGI's start gives back."""
