"""What an event costs inside: the pipeline, the intake, and the whole without a server."""

from __future__ import annotations

import io
import json
import math
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

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
from mallard.wsgi import application

MOST_HITS = 1_000
"""Few enough that every cache of the pipeline holds them all."""


def run(size: Size) -> list[Figure]:
    """Microseconds of one thread per event, with warm caches."""
    hits = sample(min(MOST_HITS, size.events))
    bodies = [msgspec.json.encode(hit.body) for hit in hits]
    raws = [
        RawEvent(body, hit.user_agent, hit.address) for body, hit in zip(bodies, hits, strict=True)
    ]
    now = datetime.now(UTC)
    pipeline = Pipeline(Policy(), VisitorIds("bench", "daily"), locate, TokenBuckets(0))
    with (
        TemporaryDirectory(prefix="mallard-bench-") as folder,
        offline(_settings(Path(folder) / "data"), utc_now, locate) as mallard,
    ):
        wsgi = application(mallard)
        steps = {
            "json.loads of the body (floor)": lambda n: json.loads(bodies[n]),
            "Pipeline.process": lambda n: pipeline.process(raws[n], now),
            "Intake.take": lambda n: mallard.intake.take(raws[n]),
            "the WSGI application": lambda n: wsgi(
                _environ(hits[n], bodies[n]), lambda *_: _ignored
            ),
        }
        costs = _costs(steps, len(hits), passes=1 + 3 * size.rounds)
    aims = {"Pipeline.process": at_most(100)}
    return [Figure(name, cost, "µs", aims.get(name)) for name, cost in costs.items()]


def _costs(
    steps: Mapping[str, Callable[[int], object]], inputs: int, passes: int
) -> dict[str, float]:
    """Microseconds per call in each step's quickest pass: what disturbs one only ever adds."""
    costs = dict.fromkeys(steps, math.inf)
    for _ in range(passes):
        for name, step in steps.items():
            begun = time.perf_counter()
            for number in range(inputs):
                step(number)
            taken = (time.perf_counter() - begun) / inputs * 1e6
            costs[name] = min(costs[name], taken)
    return costs


def _settings(data_dir: Path) -> Settings:
    """No flush by count: that would be somebody else's work."""
    return Settings(data_dir=data_dir, flush_event_count=1_000_000)


def _environ(hit: Hit, body: bytes) -> dict[str, Any]:
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
