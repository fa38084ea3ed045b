"""The reports of a site's first view, today among its days, against ClickHouse's engine.

They are asked for as the page does, and one after the other; ClickHouse gets its questions after
each view. Today goes on: before each view a minute's events come in, half of them of visitors who
were here before; those of the minute before go to Parquet and into the day's figures, as they do in
a server. ClickHouse's table, a MergeTree, is made before that and lacks these few.
"""

from __future__ import annotations

import csv
import statistics
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from benches import clickhouse
from benches.answers import BenchFailed
from benches.figures import Figure, at_least, at_most
from benches.sizes import Size
from benches.warehouse import DAYS, MONTH, SITE, TOLD, lay_down
from mallard.model import Period
from mallard.reports.breakdown import DIMENSIONS, ON_CARDS, breakdown
from mallard.reports.query import ReportQuery
from mallard.reports.realtime import realtime
from mallard.reports.rollups import ROLLUPS
from mallard.reports.timeseries import timeseries
from mallard.reports.totals import totals
from mallard.store.engine.database import Database
from mallard.store.parquet.partitions import Partition
from mallard.store.recovery import recover
from mallard.store.store import Store
from mallard.store.upkeep.days import Upkeep
from mallard.web.dashboard.together import together

THREADS = 2
THEIRS = {name: DIMENSIONS["sources" if name == "channels" else name] for name in ON_CARDS}
"""The other engine knows nothing of our channels: it is asked for sources, which is less."""
TODAY = MONTH.end - timedelta(days=1)
EACH_MINUTE = {SITE: 200}
"""Events that come in, of the 333,000 a day that ten million a month are."""
PATIENCE_SECS = 600
QUERY = ReportQuery(SITE, MONTH, limit=9)
BEFORE = Period(MONTH.start - timedelta(days=DAYS), MONTH.start)
NOW = datetime.combine(TODAY, time.max, UTC)

Report = Callable[[Store, ReportQuery], object]


def _before(query: ReportQuery) -> ReportQuery:
    """The same of the days before, where the query's days are."""
    return replace(query, period=replace(BEFORE, zone=query.period.zone))


REPORTS: dict[str, Report] = {
    "right now": lambda store, query: realtime(store, query, NOW),
    "totals": totals,
    "totals before": lambda store, query: totals(store, _before(query)),
    "by day": timeseries,
    **{f"by {name}": partial(breakdown, dimension=name) for name in ON_CARDS},
}
"""What a site's page asks for when it is opened."""

OVERVIEW = ("totals", "totals before", "by day")
PANELS = (("right now",), OVERVIEW, *((f"by {name}",) for name in ON_CARDS))
"""What each panel asks for, one after the other."""

ARRIVE = """
insert into events
select $batch, * replace (
    case when random() < 0.5 then sha256(visitor_id) else visitor_id end as visitor_id,
    timestamp + interval 1 second as timestamp
)
from (select * from read_parquet($file, hive_partitioning = false) using sample $arrivals rows)
"""

TABLE = """
create or replace table events
engine = MergeTree order by (site_id, toDate(timestamp), visitor_id, timestamp)
as select * replace (
    assumeNotNull(site_id) as site_id, assumeNotNull(visitor_id) as visitor_id,
    assumeNotNull(timestamp) as timestamp
) from {files}
"""
VISITORS = "uniqExact(visitor_id) as visitors, countIf(event_name = 'pageview')"
THEN = f"where toDate(timestamp) < '{MONTH.start}'"
LATELY = f"where timestamp > toDateTime('{NOW:%F %T}') - 1800"
CURRENTLY = f"where timestamp > toDateTime('{NOW:%F %T}') - 300"
SESSIONS = clickhouse.QUESTIONS["sessions"]
QUESTIONS = {
    "right now": (
        f"select toStartOfMinute(timestamp) as minute, {VISITORS} from events {LATELY}"
        " group by minute",
        f"select uniqExact(visitor_id) from events {CURRENTLY}",
        *(
            f"select {column} as value, {VISITORS} from events {CURRENTLY} group by value"
            for column in ("pathname", "referrer_source")
        ),
    ),
    "totals": (f"select {VISITORS} from events", SESSIONS.format(files="events")),
    "totals before": (
        f"select {VISITORS} from events {THEN}",
        SESSIONS.format(files=f"(select * from events {THEN})"),
    ),
    "by day": (
        f"select toDate(timestamp) as day, {VISITORS} from events group by day order by day",
    ),
    **{
        f"by {name}": (
            f"select {column} as value, {VISITORS} from events"
            " group by value order by visitors desc limit 9",
        )
        for name, column in THEIRS.items()
    },
}


def run(size: Size) -> list[Figure]:
    """Milliseconds of each report, alternating with the same question to chdb where there is it.

    And the same of as many events of which two in five tell how a page was looked at.
    """
    told = (replace(one, name=f"{one.name}, pages tell of views") for one in _figures(size, TOLD))
    return [*_figures(size, {}), *told]


def _figures(size: Size, more: Mapping[str, str]) -> list[Figure]:
    with TemporaryDirectory(prefix="mallard-bench-") as folder:
        data_dir = Path(folder)
        lay_down(data_dir, size.stored, days=size.days, more=more)
        database = Database(data_dir, TODAY, THREADS)
        store = Store(data_dir, database, PATIENCE_SECS, rollups=ROLLUPS)
        recover(store)
        upkeep = Upkeep(store, lambda: TODAY)
        built_secs = _seconds(upkeep.build_all)
        ask = None
        with suppress(ImportError):
            ask = _asker(data_dir)
            _check(store, ask)
        figures = _compare(store, upkeep, ask, size.rounds)
        store.close()
    return [*figures, Figure("figures are ready after", built_secs, "s", aim=at_most(60))]


def _compare(
    store: Store, upkeep: Upkeep, ask: Callable[[str], Any] | None, rounds: int
) -> list[Figure]:
    views, theirs = [], []
    ours: dict[str, list[float]] = {name: [] for name in REPORTS}
    for number in range(rounds):
        let_a_minute_pass(store, upkeep, f"before view {number}")
        views.append(_seconds(partial(open_page, store)))
        if ask is not None:
            theirs.append(sum(_seconds(partial(ask, name)) for name in REPORTS))
        let_a_minute_pass(store, upkeep, f"after view {number}")
        for name, report in REPORTS.items():
            ours[name].append(_seconds(partial(report, store, QUERY)))
    view_secs = statistics.median(views)
    in_turn = {name: statistics.median(seconds) for name, seconds in ours.items()}
    figures = [
        Figure("first view", 1000 * view_secs, "ms", aim=at_most(100)),
        Figure("its reports one after the other", 1000 * sum(in_turn.values()), "ms"),
    ]
    if theirs:
        clickhouse_secs = statistics.median(theirs)
        times = clickhouse_secs / view_secs
        figures.append(Figure("first view, ClickHouse", clickhouse_secs, "s"))
        figures.append(Figure("first view, ClickHouse / ours", times, aim=at_least(50)))
        times = clickhouse_secs / sum(in_turn.values())
        figures.append(Figure("ClickHouse / ours one after the other", times))
    return figures + [Figure(name, 1000 * secs, "ms") for name, secs in in_turn.items()]


def open_page(store: Store, site: str = SITE, query: ReportQuery = QUERY) -> None:
    """Asks for all that a site's page does, panel by panel."""
    query = replace(query, site_id=site)
    together([partial(_ask, store, query, panel) for panel in PANELS])


def _ask(store: Store, query: ReportQuery, names: Iterable[str]) -> None:
    for name in names:
        REPORTS[name](store, query)


def let_a_minute_pass(
    store: Store, upkeep: Upkeep, name: str, arrivals: Mapping[str, int] = EACH_MINUTE
) -> None:
    """What came in before goes where it is kept, and so many events of each site come in."""
    store.roll()
    upkeep.build_all()
    for site, count in arrivals.items():
        file = store.cold.partitions.files(Partition(site, TODAY))[0]
        with store.database.writer() as writer:
            sql = ARRIVE.replace("$arrivals", str(count)).replace("$file", f"'{file.path}'")
            writer.execute(sql, {"batch": f"{site} {name}"})


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
    start = perf_counter()
    call()
    return perf_counter() - start
