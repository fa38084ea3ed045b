"""What the figures were measured on: the machine, the interpreter, the libraries, the load."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("waitress", "flask", "msgspec", "duckdb", "ua-parser", "ua-parser-rs")


def described() -> list[str]:
    """The machine in a few lines, without anything that would name it."""
    return [
        f"{_first('/proc/cpuinfo', 'model name')}, {_cores()} cores, {_memory_gib():.0f} GiB",
        f"{platform.system()} {platform.release()}",
        f"{platform.python_implementation()} {platform.python_version()}",
        ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
    ]


def load() -> str:
    """The load averages of 1, 5 and 15 minutes."""
    return " ".join(f"{average:.2f}" for average in os.getloadavg())


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _memory_gib() -> float:
    kib, _unit = _first("/proc/meminfo", "MemTotal").split()
    return int(kib) / (1 << 20)


def _first(path: str, key: str) -> str:
    """The value behind the first `key:` of a file under /proc."""
    found = re.search(rf"^{key}\s*:\s*(.*)$", Path(path).read_text("utf-8"), re.MULTILINE)
    return found[1] if found else "unknown"
