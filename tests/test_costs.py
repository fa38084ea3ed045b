"""What `make costs` counts."""

from __future__ import annotations

import subprocess
import sys

from tests.costs import processor_secs

BUSY_SECS = 0.2
BUSY = f"""
import time
while time.process_time() < {BUSY_SECS}:
    pass
print(flush=True)
input()
"""


def test_what_processes_take_counts_while_they_run_and_afterwards() -> None:
    before = processor_secs()
    command = [sys.executable, "-c", BUSY]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as busy:
        assert busy.stdout and busy.stdin
        busy.stdout.readline()
        # The system counts in hundredths, and rounds down.
        assert processor_secs() - before > BUSY_SECS - 0.05
        busy.stdin.write(b"\n")
    assert processor_secs() - before > BUSY_SECS - 0.05
