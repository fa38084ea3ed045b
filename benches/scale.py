"""A site ten times as large, and a small site beside it: what either costs those who look."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benches.behaviour import STEPS
from benches.figures import Figure, at_most
from benches.resident import forget_the_highest, resident_mb
from benches.sizes import Size
from benches.turns import Cost, cost_of, in_turns
from benches.views import (
    EACH_MINUTE,
    PATIENCE_SECS,
    QUERY,
    THREADS,
    TODAY,
    let_a_minute_pass,
    open_page,
)
from benches.warehouse import SITE, lay_down
from mallard.reports.filters import parse_filter
from mallard.reports.funnel import funnel
from mallard.reports.rollups import ROLLUPS
from mallard.reports.totals import totals
from mallard.store.engine.database import Database
from mallard.store.recovery import recover
from mallard.store.rollups.visitors_in_order import arrange
from mallard.store.store import Store
from mallard.store.upkeep import building
from mallard.store.upkeep.days import Upkeep

LARGE, SMALL = "large.example", "small.example"
TIMES_LARGER, TIMES_SMALLER = 10, 500
TIMES_A_ROUND = 8
"""Each report takes milliseconds only, so that it is asked for more often."""


def run(size: Size) -> list[Figure]:
    """One tree has the small site alone, the other has it beside both large ones."""
    events = {
        SMALL: max(size.days, size.stored // TIMES_SMALLER),
        SITE: size.stored,
        LARGE: size.stored * TIMES_LARGER,
    }
    with TemporaryDirectory(prefix="mallard-bench-") as folder:
        data_dir = Path(folder) / "beside"
        for site, count in events.items():
            lay_down(data_dir, count, site, size.days)
        lay_down(Path(folder) / "alone", events[SMALL], SMALL, size.days)
        with _opened(data_dir) as beside, _opened(Path(folder) / "alone") as alone:
            _build(alone)
            forget_the_highest()
            built_secs = _build(beside)
            arranged_secs = cost_of(partial(_arrange, beside)).wall
            highest = Figure("highest memory on the way", resident_mb("VmHWM"), "MB")
            times = TIMES_A_ROUND * size.rounds
            return [
                *_of_the_large_one(beside, events, times),
                *_of_a_large_one_as_busy(beside, times),
                *_of_the_small_one(alone, beside, events, times),
                *_of_building(built_secs, events),
                Figure("then all visitors are in order after", arranged_secs, "s"),
                highest,
                Figure("rollups on disk, per event", _rollup_bytes(data_dir, events), "B"),
            ]


@contextmanager
def _opened(data_dir: Path) -> Iterator[Store]:
    store = Store(data_dir, Database(data_dir, TODAY, THREADS), PATIENCE_SECS, rollups=ROLLUPS)
    recover(store)
    yield store
    store.close()


def _build(store: Store) -> Mapping[str, float]:
    """Works out the figures of all days; the seconds that took for each site."""
    taken = dict.fromkeys(store.sites(), 0.0)
    with store.database.side_writer() as connection:
        for partition in store.without_rollups():
            is_open = partition.day == TODAY
            build = partial(building.build, store, connection, partition, is_open)
            taken[partition.site_id] += cost_of(build).wall
    return taken


def _arrange(store: Store) -> None:
    with store.database.side_writer() as connection:
        arrange(store.rollups, connection, store.cold.publish, TODAY)


def _of_the_large_one(store: Store, events: Mapping[str, int], times: int) -> list[Figure]:
    """The page of both, each time after as many events have come in."""
    costs = _views(store, EACH_MINUTE | {LARGE: EACH_MINUTE[SITE]}, times)
    return [
        *(
            Figure(f"first view of {events[site]:,} events", _median_ms(costs[site]), "ms")
            for site in costs
        ),
        Figure("first view, ten times as many events", _ratio(costs), "times", at_most(2)),
    ]


def _of_a_large_one_as_busy(store: Store, times: int) -> list[Figure]:
    """The same with ten times as many events that have come in, too."""
    costs = _views(store, EACH_MINUTE | {LARGE: EACH_MINUTE[SITE] * TIMES_LARGER}, times)
    return [
        Figure("the same after ten times as many new ones", _median_ms(costs[LARGE]), "ms"),
        Figure("that, ten times as many events", _ratio(costs), "times"),
    ]


def _views(store: Store, arrivals: Mapping[str, int], times: int) -> dict[str, list[Cost]]:
    """What views of the sites cost in turns, each after a minute's events."""
    upkeep = Upkeep(store, lambda: TODAY)
    costs: dict[str, list[Cost]] = {site: [] for site in arrivals}
    for number in range(times):
        name = f"minute {number} of {arrivals[LARGE]}"
        let_a_minute_pass(store, upkeep, name, arrivals)
        for site, of_site in costs.items():
            of_site.append(cost_of(partial(open_page, store, site)))
    return costs


def _median_ms(costs: Iterable[Cost]) -> float:
    return 1000 * median(cost.wall for cost in costs)


def _ratio(costs: Mapping[str, Sequence[Cost]]) -> float:
    """The processor time of the larger site's views, of the other's."""
    of_large, of_other = (median(cost.cpu for cost in costs[site]) for site in (LARGE, SITE))
    return of_large / of_other


def _of_the_small_one(
    alone: Store, beside: Store, events: Mapping[str, int], times: int
) -> list[Figure]:
    """A small site's reports with and without the large ones in the same data directory."""
    query = replace(QUERY, site_id=SMALL)
    filtered = replace(query, filters=(parse_filter("page==/pricing"),))
    reports: dict[str, Callable[[Store], object]] = {
        "first view": lambda store: open_page(store, SMALL),
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


def _rollup_bytes(data_dir: Path, events: Mapping[str, int]) -> float:
    files = (data_dir / "rollups").iterdir()
    return sum(file.stat().st_size for file in files) / sum(events.values())
