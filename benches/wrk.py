"""The client where there is wrk: it costs the shared machine next to nothing."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from benches.answers import Answers, BenchFailed
from benches.wire import HOST

SCRIPT = Path(__file__).with_name("replay.lua")
GRACE_SECS = 30.0


def drive(port: int, requests: Path, connections: int, seconds: float, skip: int) -> Answers:
    """Sends the requests from the one after `skip` on; see `benches.load.Load.put_on`."""
    whole_seconds = max(1, round(seconds))
    command = ["wrk", "--threads", "1", "--connections", str(connections)]
    command += ["--duration", f"{whole_seconds}s", "--latency", "--script", str(SCRIPT)]
    command += [f"http://{HOST}:{port}/api/event", "--", str(requests), str(skip)]
    run = subprocess.run(
        command, capture_output=True, text=True, timeout=whole_seconds + GRACE_SECS, check=False
    )
    if run.returncode:
        raise BenchFailed(f"wrk: {run.stderr.strip() or run.stdout.strip()}")
    seen = json.loads(run.stdout.splitlines()[-1])
    if seen["failed"]:
        raise BenchFailed(f"{seen['failed']} of {seen['answers']} answers were no success")
    return Answers(
        accepted=seen["answers"],
        seconds=seen["us"] / 1e6,
        p50_ms=seen["p50_us"] / 1e3,
        p99_ms=seen["p99_us"] / 1e3,
        cut_off=connections,
    )
