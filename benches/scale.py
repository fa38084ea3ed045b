"""A site ten times as large, and a small site beside it: what either costs those who look."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benches.behaviour import STEPS
from benches.figures import Figure, at_most
from benches.resident import forget_the_highest, resident_mb
from benches.sizes import Size
from benches.turns import cost_of, in_turns
from benches.views import CARDS, PATIENCE_SECS, QUERY, THREADS
from benches.warehouse import DAYS, MONTH, SITE, lay_down
from mallard.reports.breakdown import breakdown
from mallard.reports.filters import parse_filter
from mallard.reports.funnel import funnel
from mallard.reports.rollups import ROLLUPS
from mallard.reports.timeseries import timeseries
from mallard.reports.totals import totals
from mallard.store import building
from mallard.store.database import Database
from mallard.store.recovery import recover
from mallard.store.store import Store

LARGE, SMALL = "large.example", "small.example"
TIMES_LARGER, TIMES_SMALLER = 10, 500
TIMES_A_ROUND = 8
"""Each report takes milliseconds only, so that it is asked for more often."""


def run(size: Size) -> list[Figure]:
    """One tree has the small site alone, the other has it beside both large ones."""
    events = {
        SMALL: max(DAYS, size.stored // TIMES_SMALLER),
        SITE: size.stored,
        LARGE: size.stored * TIMES_LARGER,
    }
    with TemporaryDirectory(prefix="mallard-bench-") as folder:
        data_dir = Path(folder) / "beside"
        for site, count in events.items():
            lay_down(data_dir, count, site)
        lay_down(Path(folder) / "alone", events[SMALL], SMALL)
        with _opened(data_dir) as beside, _opened(Path(folder) / "alone") as alone:
            _build(alone)
            forget_the_highest()
            built_secs = _build(beside)
            highest = Figure("highest memory on the way", resident_mb("VmHWM"), "MB")
            times = TIMES_A_ROUND * size.rounds
            return [
                *_of_the_large_one(beside, events, times),
                *_of_the_small_one(alone, beside, events, times),
                *_of_building(built_secs, events),
                highest,
                Figure("rollups on disk, per event", _rollup_bytes(data_dir, events), "B"),
            ]


@contextmanager
def _opened(data_dir: Path) -> Iterator[Store]:
    store = Store(data_dir, Database(data_dir, MONTH.end, THREADS), PATIENCE_SECS, rollups=ROLLUPS)
    recover(store)
    yield store
    store.close()


def _build(store: Store) -> Mapping[str, float]:
    """Works out the figures of all days; the seconds that took for each site."""
    taken = dict.fromkeys(store.sites(), 0.0)
    with store.database.side_writer() as connection:
        for partition in store.without_rollups():
            build = partial(building.build, store, connection, partition)
            taken[partition.site_id] += cost_of(build).wall
    return taken


def _of_the_large_one(store: Store, events: Mapping[str, int], times: int) -> list[Figure]:
    pair = in_turns(partial(_first_view, store, SITE), partial(_first_view, store, LARGE), times)
    return [
        Figure(f"first view of {events[SITE]:,} events", pair.first_ms, "ms"),
        Figure(f"first view of {events[LARGE]:,} events", pair.second_ms, "ms"),
        Figure("first view, ten times as many events", pair.ratio, "times", at_most(2)),
    ]


def _of_the_small_one(
    alone: Store, beside: Store, events: Mapping[str, int], times: int
) -> list[Figure]:
    """A small site's reports with and without the large ones in the same data directory."""
    query = replace(QUERY, site_id=SMALL)
    filtered = replace(query, filters=(parse_filter("page==/pricing"),))
    reports: dict[str, Callable[[Store], object]] = {
        "first view": lambda store: _first_view(store, SMALL),
        "filtered totals": lambda store: totals(store, filtered),
        "funnel": lambda store: funnel(store, query, STEPS, timedelta(days=1)),
    }
    figures = []
    for name, report in reports.items():
        pair = in_turns(partial(report, alone), partial(report, beside), times)
        figures += [
            Figure(f"{name} of {events[SMALL]:,} events", pair.first_ms, "ms"),
            Figure(f"{name}, beside the large sites", pair.ratio, "times", at_most(1.2)),
        ]
    return figures


def _of_building(taken: Mapping[str, float], events: Mapping[str, int]) -> list[Figure]:
    each = {site: taken[site] / events[site] for site in (SITE, LARGE)}
    return [
        Figure(f"figures of {events[SITE]:,} events are ready after", taken[SITE], "s"),
        Figure(f"figures of {events[LARGE]:,} events are ready after", taken[LARGE], "s"),
        Figure("time per event, ten times as many events", each[LARGE] / each[SITE], "times"),
    ]


def _first_view(store: Store, site: str) -> None:
    query = replace(QUERY, site_id=site)
    totals(store, query)
    timeseries(store, query)
    for card in CARDS:
        breakdown(store, query, card)


def _rollup_bytes(data_dir: Path, events: Mapping[str, int]) -> float:
    files = (data_dir / "rollups").iterdir()
    return sum(file.stat().st_size for file in files) / sum(events.values())
