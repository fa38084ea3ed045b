"""The reports of a site's first view, today among its days, against ClickHouse's engine.

Today goes on: before each round some events come in, half of them of visitors who were here before.
ClickHouse's table, a MergeTree, is made before that and lacks these few.
"""

from __future__ import annotations

import csv
import statistics
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benches import clickhouse
from benches.answers import BenchFailed
from benches.figures import Figure, at_least, at_most
from benches.sizes import Size
from benches.warehouse import MONTH, SITE, lay_down
from mallard.reports.breakdown import DIMENSIONS, breakdown
from mallard.reports.query import ReportQuery
from mallard.reports.rollups import ROLLUPS
from mallard.reports.timeseries import timeseries
from mallard.reports.totals import totals
from mallard.store.database import Database
from mallard.store.partitions import Partition
from mallard.store.recovery import recover
from mallard.store.store import Store
from mallard.store.upkeep import Upkeep

THREADS = 2
TODAY = MONTH.end - timedelta(days=1)
ARRIVALS = 200
"""In a minute, of the 333,000 a day that ten million a month are."""
PATIENCE_SECS = 600
QUERY = ReportQuery(SITE, MONTH, limit=9)
CARDS = ("sources", "pages", "countries", "browsers", "events")

REPORTS: dict[str, Callable[[Store], object]] = {
    "totals": lambda store: totals(store, QUERY),
    "by day": lambda store: timeseries(store, QUERY),
    **{f"by {name}": partial(lambda n, store: breakdown(store, QUERY, n), name) for name in CARDS},
}

ARRIVE = """
insert into events
select $batch, * replace (
    case when random() < 0.5 then sha256(visitor_id) else visitor_id end as visitor_id,
    timestamp + interval 1 second as timestamp
)
from (select * from read_parquet($file, hive_partitioning = false) using sample $arrivals rows)
"""

TABLE = """
create table events engine = MergeTree order by (site_id, toDate(timestamp), visitor_id, timestamp)
as select * replace (
    assumeNotNull(site_id) as site_id, assumeNotNull(visitor_id) as visitor_id,
    assumeNotNull(timestamp) as timestamp
) from {files}
"""
VISITORS = "uniqExact(visitor_id) as visitors, countIf(event_name = 'pageview')"
QUESTIONS = {
    "totals": (
        f"select {VISITORS} from events",
        clickhouse.QUESTIONS["sessions"].format(files="events"),
    ),
    "by day": (
        f"select toDate(timestamp) as day, {VISITORS} from events group by day order by day",
    ),
    **{
        f"by {name}": (
            f"select {DIMENSIONS[name]} as value, {VISITORS} from events"
            " group by value order by visitors desc limit 9",
        )
        for name in CARDS
    },
}


def run(size: Size) -> list[Figure]:
    """Milliseconds of each report, alternating with the same question to chdb where there is it."""
    with TemporaryDirectory(prefix="mallard-bench-") as folder:
        data_dir = Path(folder)
        lay_down(data_dir, size.stored)
        database = Database(data_dir, TODAY, THREADS)
        store = Store(data_dir, database, PATIENCE_SECS, rollups=ROLLUPS)
        recover(store)
        built_secs = _seconds(Upkeep(store, lambda: TODAY).build_all)
        ask = None
        with suppress(ImportError):
            ask = _asker(data_dir)
            _check(store, ask)
        figures = _compare(store, ask, size.rounds)
        store.close()
    return [*figures, Figure("figures are ready after", built_secs, "s", aim=at_most(60))]


def _compare(store: Store, ask: Callable[[str], Any] | None, rounds: int) -> list[Figure]:
    ours: dict[str, list[float]] = {name: [] for name in REPORTS}
    theirs: dict[str, list[float]] = {name: [] for name in REPORTS}
    for number in range(rounds):
        _arrive(store, number)
        for name, report in REPORTS.items():
            ours[name].append(_seconds(partial(report, store)))
            if ask is not None:
                theirs[name].append(_seconds(partial(ask, name)))
    medians = {name: statistics.median(seconds) for name, seconds in ours.items()}
    figures = [Figure("first view", 1000 * sum(medians.values()), "ms", aim=at_most(100))]
    if ask is not None:
        clickhouse_secs = sum(statistics.median(seconds) for seconds in theirs.values())
        times = clickhouse_secs / sum(medians.values())
        figures.append(Figure("first view, ClickHouse", clickhouse_secs, "s"))
        figures.append(Figure("first view, ClickHouse / ours", times, aim=at_least(50)))
    return figures + [Figure(name, 1000 * secs, "ms") for name, secs in medians.items()]


def _arrive(store: Store, number: int) -> None:
    """A minute's events, not yet in Parquet."""
    (file,) = store.cold.partitions.files(Partition(SITE, TODAY))
    with store.database.writer() as writer:
        sql = ARRIVE.replace("$arrivals", str(ARRIVALS)).replace("$file", f"'{file.path}'")
        writer.execute(sql, {"batch": f"minute {number}"})


def _asker(data_dir: Path) -> Callable[[str], str]:
    engine = clickhouse.engine_of(THREADS)
    engine.query("create database if not exists bench")
    engine.query("use bench")
    engine.query(TABLE.format(files=clickhouse.files_of(data_dir)))

    def ask(name: str) -> str:
        return "".join(str(engine.query(question, "CSV")) for question in QUESTIONS[name])

    return ask


def _check(store: Store, ask: Callable[[str], str]) -> None:
    """Both have to say the same."""
    ours = totals(store, QUERY)
    rows = list(csv.reader(ask("totals").splitlines()))
    theirs = [int(value) for value in (*rows[0], rows[1][0])]
    if theirs != [ours.unique_visitors, ours.total_pageviews, ours.sessions]:
        raise BenchFailed(f"ClickHouse counts {theirs}, and we {ours}")


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
