"""An import of another product's history, killed wherever it is: then again, each event once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.end_to_end.process import stored_paths
from tests.transfer.histories.plausible_rows import json_lines
from tests.waiting import PATIENCE_SECS

ROWS, BATCH = 1000, 100
PROGRAM = """
import os, signal, sys
from mallard import cli
from mallard.transfer import importing
from mallard.transfer.instance import LocalInstance

importing.BATCH_ROWS, moment = int(sys.argv.pop(1)), sys.argv.pop(1)
step, _, number = moment.partition(" ")
seen = []

def kill():
    os.kill(os.getpid(), signal.SIGKILL)

def dies_at(when, name):
    plain = getattr(LocalInstance, name)
    def call(self, *args):
        seen.append(name)
        is_now = len(seen) == int(number)
        if is_now and when == "before":
            kill()
        plain(self, *args)
        if is_now:
            kill()
    setattr(LocalInstance, name, call)

if step:
    dies_at(*step.split("-"))
cli.main()
"""
MOMENTS = (
    "after-import_batch 3",
    "before-import_batch 4",
    "before-import_complete 1",
    "after-_roll 1",
)
"""In the order in which a run comes to them; each goes on where the last one was killed."""


def run(data_dir: Path, moment: str, *words: str | Path) -> tuple[int, str]:
    """How an import ends that is killed at a moment, if at any, and what it says."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(BATCH), moment, "import", *words],
        env=os.environ | {"MALLARD_DATA_DIR": str(data_dir)},
        capture_output=True,
        timeout=PATIENCE_SECS,
    )
    return done.returncode, (done.stdout + done.stderr).decode()


def test_each_event_is_there_once_wherever_an_import_is_killed(
    data_dir: Path, tmp_path: Path
) -> None:
    first = datetime.now(UTC) - timedelta(days=3)
    changes = [
        {
            "timestamp": f"{first + timedelta(minutes=n):%Y-%m-%d %H:%M:%S}",
            "user_id": str(n % 50),
            "pathname": f"/{n}",
        }
        for n in range(ROWS)
    ]
    file = json_lines(tmp_path / "events.jsonl", *changes)
    for moment in MOMENTS:
        code, told = run(data_dir, moment, "--site", "example.com", file)
        assert code == -signal.SIGKILL, (moment, told)
    code, told = run(data_dir, "", "--site", "example.com", file)
    assert code == 0, told
    assert stored_paths(data_dir) == Counter({f"/{n}": 1 for n in range(ROWS)})
    assert "0 events imported" in run(data_dir, "", "--site", "example.com", file)[1]
