"""A site that has decided something: a time zone of its own, a goal, filters by a property.

The first view where days are those of Kolkata is in turns with that where they are UTC's: of the
same events, at the same times of the clock there, so that visitors have other ids each day in both,
as `visitor_id_rotation` gives them. With a goal chosen, and under filters by a property, the page's
reports are beside the same questions to ClickHouse, with a plain `where`. All of it in processor
time, since other programs disturb that less.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from benches import clickhouse
from benches.answers import BenchFailed
from benches.apart import apart
from benches.behaviour import PATIENCE_SECS, THREADS
from benches.figures import Figure, at_most
from benches.filtered import CARDS, asked_by_page
from benches.sizes import Size
from benches.turns import Cost, cost_of
from benches.views import QUERY, TABLE, TODAY, let_a_minute_pass, open_page
from benches.warehouse import MONTH, SITE, lay_down
from mallard.priorities import yield_to_others
from mallard.reports.breakdown import DIMENSIONS, breakdown
from mallard.reports.conversions import conversions, converted_totals
from mallard.reports.filters import parse_filter
from mallard.reports.goal import Goal
from mallard.reports.goal_series import converted_timeseries
from mallard.reports.properties import properties
from mallard.reports.query import ReportQuery
from mallard.reports.rollups import ROLLUPS
from mallard.reports.together import answers
from mallard.reports.totals import totals
from mallard.store.engine.database import Database
from mallard.store.recovery import recover
from mallard.store.store import Store
from mallard.store.upkeep.days import Upkeep
from mallard.zones.days import UTC

KOLKATA = "Asia/Kolkata"
IN_KOLKATA = """
copy (
    select * replace (timestamp - interval 330 minutes as timestamp)
    from read_parquet('{source}/*/*/*.parquet', hive_partitioning = false)
    where timestamp >= timestamp '{day}' + interval 330 minutes
        and timestamp < timestamp '{day}' + interval 1770 minutes
    order by visitor_id, timestamp
) to '{target}' (format parquet, compression zstd)
"""
PLAN = """case when hash(visitor * 13 + nth) % 20 = 0 then
    '{"plan":"' || ['free', 'pro', 'team'][(1 + hash(visitor * 53) % 3)::int] || '","seats":'
    || hash(visitor * 59) % 40 || '}' end"""
"""Whoever signs up, one event in twenty, says to what."""

SIGN_UP = Goal("Sign-up", event="signup")
BY_PLAN = replace(QUERY, filters=(parse_filter("prop:plan==pro"),))
IS_PRO = "JSONExtractString(ifNull(props, ''), 'plan') = 'pro'"

COUNTED = "uniqExact(visitor_id) as visitors, countIf(event_name = 'pageview') as pageviews"
CONVERTED = (
    f"{COUNTED}, uniqExactIf(visitor_id, event_name = 'signup'), countIf(event_name = 'signup')"
)
GROUPED = "select {value} as value, {counted} from events where {test} group by value"
BY_SIZE = "order by visitors desc, pageviews desc limit 9"

Ask = Callable[[str], list[list[str]]]
Report = Callable[[Store], Any]


def run(size: Size) -> list[Figure]:
    """Ratios of a view in another zone, with a goal and under a filter; and the keys' time."""
    return apart(_figures, size)


def _figures(size: Size) -> list[Figure]:
    yield_to_others()
    with TemporaryDirectory(prefix="mallard-bench-") as folder:
        here, there = Path(folder) / "utc", Path(folder) / "kolkata"
        lay_down(here, size.stored, days=size.days, more={"props": PLAN})
        _lay_down_in_kolkata(here, there)
        store, upkeep, in_utc = _opened(here, UTC)
        elsewhere, upkeep_there, in_kolkata = _opened(there, KOLKATA)
        found = [
            Figure("figures are worked out: processor time, Kolkata / UTC", in_kolkata / in_utc),
            *_of_zone((store, upkeep), (elsewhere, upkeep_there), size.rounds),
            *_of_keys(store, size.rounds),
        ]
        elsewhere.close()
        store.roll()
        upkeep.build_all()
        with suppress(ImportError):
            ask = _asker(here)
            theirs = _theirs(CONVERTED)
            found += _against(store, ask, "goal chosen", QUERY, _with_goal(), theirs, size)
            theirs = _theirs(COUNTED, IS_PRO)
            found += _against(store, ask, "prop:plan==pro", BY_PLAN, _under_filter(), theirs, size)
        store.close()
    return found


def _lay_down_in_kolkata(here: Path, there: Path) -> None:
    """The same days, as they would be there; in Parquet they begin the day before."""
    days = sorted(one.name for one in (here / "events" / f"site_id={SITE}").iterdir())
    first = date.fromisoformat(days[0].removeprefix("date=")) - timedelta(days=1)
    with duckdb.connect(config={"threads": THREADS}) as connection:
        for day in (f"{first + timedelta(days=n)}" for n in range(len(days) + 1)):
            folder = there / "events" / f"site_id={SITE}" / f"date={day}"
            folder.mkdir(parents=True)
            sql = IN_KOLKATA.format(source=here / "events", day=day, target=folder / "0001.parquet")
            connection.execute(sql)


def _opened(data_dir: Path, zone: str) -> tuple[Store, Upkeep, float]:
    """A store whose days are a zone's, with all figures, and the seconds that these took."""
    database = Database(data_dir, TODAY, THREADS)
    store = Store(data_dir, database, PATIENCE_SECS, rollups=ROLLUPS, zone_of=lambda _: zone)
    recover(store)
    upkeep = Upkeep(store, lambda: TODAY)
    return store, upkeep, cost_of(upkeep.build_all).cpu


def _of_zone(here: tuple[Store, Upkeep], there: tuple[Store, Upkeep], rounds: int) -> list[Figure]:
    """The first view after a minute has passed, in both zones."""
    costs: dict[str, list[Cost]] = {UTC: [], KOLKATA: []}
    for number in range(rounds):
        for zone, (store, upkeep) in ((UTC, here), (KOLKATA, there)):
            let_a_minute_pass(store, upkeep, f"before view {number}")
            query = replace(QUERY, period=replace(MONTH, zone=zone))
            costs[zone].append(cost_of(partial(open_page, store, query=query)))
    _check_same(here[0], there[0])
    medians = {zone: median(cost.cpu for cost in of_zone) for zone, of_zone in costs.items()}
    ratio = medians[KOLKATA] / medians[UTC]
    return [
        *(Figure(f"first view, {zone}", 1000 * secs, "ms") for zone, secs in medians.items()),
        Figure("first view, Kolkata / UTC", ratio, aim=at_most(1.2)),
    ]


def _check_same(here: Store, there: Store) -> None:
    """Before today, what differs by what comes in, both have to say the same."""
    months = (replace(MONTH, end=TODAY, zone=zone) for zone in (UTC, KOLKATA))
    ours, theirs = (
        totals(store, replace(QUERY, period=period))
        for store, period in zip((here, there), months, strict=True)
    )
    if ours != theirs:
        raise BenchFailed(f"in UTC there are {ours}, and in Kolkata {theirs}")


def _of_keys(store: Store, rounds: int) -> list[Figure]:
    """The site's properties, and the values of one of them."""
    asked: dict[str, Report] = {
        "properties": lambda store: properties(store, QUERY),
        "by prop:plan": lambda store: breakdown(store, QUERY, "prop:plan"),
    }
    return [
        Figure(name, 1000 * median(cost.cpu for cost in costs), "ms", at_most(150))
        for name, report in asked.items()
        for costs in [[cost_of(partial(report, store)) for _ in range(rounds)]]
    ]


def _with_goal() -> list[Report]:
    """What a page asks for with a goal chosen."""
    cards = [partial(_converted, card) for card in CARDS]
    return [
        lambda store: converted_totals(store, QUERY, SIGN_UP),
        lambda store: converted_timeseries(store, QUERY, SIGN_UP),
        *cards,
    ]


def _converted(card: str, store: Store) -> object:
    return conversions(store, QUERY, card, SIGN_UP)


def _under_filter() -> list[Report]:
    """What a page asks for under a filter by a property, by one statement."""
    group = asked_by_page(BY_PLAN)
    return [lambda store: answers(store, group)]


def _theirs(counted: str, test: str = "1") -> list[str]:
    """The same for ClickHouse."""
    cards = [
        f"{GROUPED.format(value=DIMENSIONS[card], counted=counted, test=test)} {BY_SIZE}"
        for card in CARDS
    ]
    by_day = GROUPED.format(value="toDate(timestamp)", counted=counted, test=test)
    return [f"select {counted} from events where {test}", by_day, *cards]


def _against(
    store: Store,
    ask: Ask,
    name: str,
    query: ReportQuery,
    reports: Sequence[Report],
    questions: Sequence[str],
    size: Size,
) -> list[Figure]:
    """What all of the reports take, and of what ClickHouse takes for its questions."""
    ours, ratios = [], []
    for _ in range(size.rounds):
        mine = [cost_of(partial(report, store)).cpu for report in reports]
        theirs = [cost_of(partial(ask, question)).cpu for question in questions]
        ours.append(sum(mine))
        ratios.append(sum(mine) / sum(theirs))
    told, (counted, *_) = totals(store, query), ask(questions[0])
    if counted[:2] != [str(told.unique_visitors), str(told.total_pageviews)]:
        raise BenchFailed(f"{name}: ClickHouse counts {counted}, and we {told}")
    return [
        Figure(f"{name}: page", 1000 * median(ours), "ms"),
        Figure(f"{name}: page, ours / ClickHouse, plain where", median(ratios), aim=at_most(1)),
    ]


def _asker(data_dir: Path) -> Ask:
    """A function that asks ClickHouse's engine. Raises ImportError without chdb."""
    engine: Any = clickhouse.engine_of(THREADS)
    engine.query("create database decided")
    engine.query("use decided")
    engine.query(TABLE.format(files=clickhouse.files_of(data_dir)))

    def ask(question: str) -> list[list[str]]:
        return list(csv.reader(str(engine.query(question, "CSV")).splitlines()))

    return ask
