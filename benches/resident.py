"""The memory that the benchmark's own process takes, where Mallard runs inside it."""

from __future__ import annotations

from pathlib import Path

PROCESS = Path("/proc/self")


def resident_mb(key: str = "VmRSS") -> float:
    """A line of the process's memory status, in MB of 1,000,000 bytes."""
    status = (PROCESS / "status").read_text("ascii")
    values = dict(line.split(":", 1) for line in status.splitlines())
    return int(values[key].split()[0]) * 1024 / 1e6


def forget_the_highest() -> None:
    """From now on `VmHWM` is the most that the process takes after this."""
    (PROCESS / "clear_refs").write_text("5", "ascii")
