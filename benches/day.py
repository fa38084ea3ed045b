"""A day at 100 events a second: whether its last hours cost more than its first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benches.answers import BenchFailed
from benches.apart import apart
from benches.figures import Figure, at_most
from benches.ingest import rows_in_parquet
from benches.passing import EVENTS_A_DAY, SIXTHS, SMALL_EVENTS, Sixth, pass_a_day
from benches.sizes import Size

EVENTS_A_MINUTE = EVENTS_A_DAY // (24 * 60)
FEWEST_MINUTES = SIXTHS
FIXED = "totals of a small site"


def run(size: Size) -> list[Figure]:
    """The first and the last sixth of a day; a day of fewer events has fewer minutes."""
    most = min(size.stored, EVENTS_A_DAY)
    minutes = max(FEWEST_MINUTES, most // EVENTS_A_MINUTE // SIXTHS * SIXTHS)
    with TemporaryDirectory(prefix="mallard-bench-") as folder:
        data_dir = Path(folder) / "data"
        sixths, left = apart(pass_a_day, data_dir, minutes, most // minutes)
        stored = rows_in_parquet(data_dir)
    taken = SMALL_EVENTS + sum(sixth.events for sixth in sixths)
    if stored != taken:
        raise BenchFailed(f"{taken} events were taken, and {stored} are stored")
    return _figures(sixths, left, taken)


def _figures(sixths: list[Sixth], left: int, taken: int) -> list[Figure]:
    first, last = sixths[0], sixths[-1]
    return [
        Figure("events taken and stored", taken),
        *_both("processor time per event", "µs", _event_us, first, last, 1.2),
        *_both("of which storing", "µs", _storing_us, first, last),
        *_both("resident memory", "MB", lambda sixth: median(sixth.memory_mb), first, last, 1.2),
        Figure("highest resident memory", max(max(s.memory_mb) for s in sixths), "MB"),
        Figure("Parquet files of a site's day", max(s.files for s in sixths), "", at_most(8)),
        Figure("longest roll", max(sixth.longest_roll_secs for sixth in sixths), "s"),
        Figure("hot rows", max(sixth.hot_rows for sixth in sixths)),
        *(figure for name in first.reports for figure in _of_report(name, first, last)),
        Figure("upkeep's share of a processor, first sixth", 100 * _upkeep_share(first), "%"),
        Figure("upkeep's share of a processor, last sixth", 100 * _upkeep_share(last), "%"),
        Figure("sites whose day is not in order when it is over", left, "", at_most(0)),
    ]


def _of_report(name: str, first: Sixth, last: Sixth) -> list[Figure]:
    """Latencies; the ratio is of processor time, which other programs disturb less."""

    def cpu_ms(sixth: Sixth) -> float:
        return 1000 * median(cost.cpu for cost in sixth.reports[name])

    latency = 1000 * median(cost.wall for cost in last.reports[name])
    most = 1.2 if name == FIXED else None
    return [
        *_both(f"{name}: processor time", "ms", cpu_ms, first, last, most),
        Figure(f"{name}: median latency, last sixth", latency, "ms"),
    ]


def _both(
    name: str,
    unit: str,
    figure: Callable[[Sixth], float],
    first: Sixth,
    last: Sixth,
    most: float | None = None,
) -> list[Figure]:
    """A figure of the first sixth, and how many times that it is in the last."""
    aim = at_most(most) if most else None
    begins, ends = figure(first), figure(last)
    return [
        Figure(f"{name}, first sixth", begins, unit),
        Figure(f"{name}, last / first", ends / begins, "times", aim),
    ]


def _event_us(sixth: Sixth) -> float:
    return 1e6 * (sixth.taking_secs + sixth.storing_secs) / sixth.events


def _storing_us(sixth: Sixth) -> float:
    return 1e6 * sixth.storing_secs / sixth.events


def _upkeep_share(sixth: Sixth) -> float:
    return sum(cost.cpu for cost in sixth.upkeep) / sixth.clock_secs
