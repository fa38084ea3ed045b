"""`make costs`: the processor time that each file of tests takes, its processes' included."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

MOST_SECS, MOST_SECS_IN_ALL = 0.06, 2.0
"""A file whose tests take more than this on average, and more than that together, is `thorough`."""
COST = "processor_secs"
TICKS_PER_SEC = os.sysconf("SC_CLK_TCK")

_spent: dict[str, float] = defaultdict(float)
_tests: Counter[str] = Counter()


def processor_secs() -> float:
    """Of this process, of those that have ended, and, where there is /proc, of those that run."""
    return sum(os.times()[:4]) + sum(map(_secs_of, _descendants(os.getpid())))


def _descendants(pid: int) -> Iterator[int]:
    for task in Path("/proc", str(pid), "task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, task.read_text().split()):
                yield child
                yield from _descendants(child)


def _secs_of(pid: int) -> float:
    """That of its children which have ended is included."""
    with suppress(OSError):
        after_name = Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()
        return sum(map(int, after_name[11:15])) / TICKS_PER_SEC
    return 0.0


class _Meter:
    """Says with each report what was spent since the one before."""

    def __init__(self) -> None:
        self._before = processor_secs()

    def pytest_collection_finish(self) -> None:
        """What it takes to find all tests is no test's."""
        self._before = processor_secs()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, Any, pytest.TestReport]:
        report: pytest.TestReport = yield
        now = processor_secs()
        report.user_properties.append((COST, now - self._before))
        self._before = now
        return report


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_Meter(), "meter")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    file = report.nodeid.partition("::")[0]
    for name, secs in report.user_properties:
        if name == COST and isinstance(secs, float):
            _spent[file] += secs
    _tests[file] += report.when == "call"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.section("processor seconds: all, of one test, and the file")
    for file, secs in sorted(_spent.items(), key=lambda one: -one[1]):
        mean = secs / max(_tests[file], 1)
        mark = "*" if mean > MOST_SECS and secs > MOST_SECS_IN_ALL else " "
        terminalreporter.write_line(f"{secs:8.1f} {mean:8.2f} {mark} {file}")
