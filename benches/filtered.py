"""A month's page under filters, and its reports, against ClickHouse's engine on a MergeTree.

The figures of the days are worked out, and nothing is cached. Both have to give the same figures.
Where a filter keeps whole sessions by their first event, ClickHouse is asked for just that; and
once more with a plain `where`, which comes to the same for these events, as their visitors never
change, but would not for any.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benches import clickhouse
from benches.answers import BenchFailed
from benches.apart import apart
from benches.behaviour import PATIENCE_SECS, THREADS
from benches.figures import Figure, at_most
from benches.sizes import Size
from benches.turns import Call, cost_of
from benches.views import QUERY, TABLE
from benches.warehouse import MONTH, lay_down
from mallard.priorities import yield_to_others
from mallard.reports.breakdown import DIMENSIONS, breakdown
from mallard.reports.filters import UNKNOWN, parse_filter
from mallard.reports.kept import Question
from mallard.reports.query import ReportQuery
from mallard.reports.rollups import ROLLUPS
from mallard.reports.timeseries import timeseries
from mallard.reports.together import Asked, answers, groups
from mallard.reports.totals import plain_totals, totals
from mallard.store.engine.database import Database
from mallard.store.recovery import recover
from mallard.store.store import Store
from mallard.store.upkeep.days import Upkeep

MOST_ROUNDS = 3
ALWAYS = "1"
Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """Filters, and what they ask of a session's first event and of events, for ClickHouse."""

    filters: tuple[str, ...]
    fits: str = ALWAYS
    matches: str = ALWAYS


FIREFOX, PRICING = "browser = 'Firefox'", "pathname = '/pricing'"
CASES = (
    Case(("page==/pricing",), matches=PRICING),
    Case(("event==signup",), matches="event_name = 'signup'"),
    Case(("browser==Firefox",), fits=FIREFOX),
    Case(("country==DE",), fits="country_code = 'DE'"),
    Case(("source==Google",), fits="referrer_source = 'Google'"),
    Case(("browser==Firefox", "page==/pricing"), fits=FIREFOX, matches=PRICING),
)

VISITS = f"""
select
    visitor_id,
    arraySort(e -> e.1, groupArray(({clickhouse.MOMENT}, ifNull({{fits}}, 0),
        ifNull({{matches}}, 0), event_name = 'pageview', {{value}}))) as visits,
    arraySplit((e, nr) -> nr > 1 and e.1 - visits[nr - 1].1 > 1800000000,
        visits, arrayEnumerate(visits)) as sessions,
    arrayFilter(s -> s[1].2 and arrayExists(e -> e.3, s), sessions) as kept
from events
where visitor_id in (select visitor_id from events where {{needed}})
group by visitor_id
"""
TOTALS = f"""
select
    countIf(notEmpty(kept)),
    sum(arraySum(s -> arrayCount(e -> e.3 and e.4, s), kept)),
    sum(length(kept)),
    sum(arrayCount(s -> arrayCount(e -> e.4, s) = 1, kept)),
    sum(arraySum(s -> s[-1].1 - s[1].1, kept))
from ({VISITS})
"""
OF_SESSIONS = f"""
select visitor_id, e.5 as value, e.4 as is_pageview
from (select visitor_id, arrayJoin(arrayFlatten(kept)) as e from ({VISITS}))
where e.3
"""
PLAIN = """
select visitor_id, {value} as value, event_name = 'pageview' as is_pageview
from events
where {fits} and {matches}
"""
GROUPS = f"""
select ifNull(toString(value), '{UNKNOWN}') as printed,
    uniqExact(visitor_id) as visitors, countIf(is_pageview) as pageviews
from ({{rows}})
group by value
order by {{order}}
"""
BY_DAY, BY_SIZE = "printed", "visitors desc, pageviews desc, printed limit 9"

PLAIN_TOTALS = """
select uniqExact(visitor_id), countIf(event_name = 'pageview') from events
where {fits} and {matches}
"""

CARDS = ("pages", "sources", "browsers", "countries", "events")
PAGE_SECS = 0.8
OF_PLAIN = 1 / 6
VALUES = {"by day": ("toDate(timestamp)", BY_DAY)} | {
    f"by {card}": (DIMENSIONS[card], BY_SIZE) for card in CARDS
}
"""What ClickHouse is to group by in each report, and in which order the groups come."""


def run(size: Size) -> list[Figure]:
    """Seconds of each report, in turns with the same question to chdb where it is installed.

    That happens in a process of its own, in which all threads have the priority of DuckDB's.
    """
    return apart(_figures, size)


def _figures(size: Size) -> list[Figure]:
    yield_to_others()
    with TemporaryDirectory(prefix="mallard-bench-") as folder:
        data_dir = Path(folder)
        lay_down(data_dir, size.stored, days=size.days)
        store = Store(
            data_dir, Database(data_dir, MONTH.end, THREADS), PATIENCE_SECS, rollups=ROLLUPS
        )
        recover(store)
        built_secs = cost_of(Upkeep(store, lambda: MONTH.end).build_all).wall
        ask = None
        with suppress(ImportError):
            ask = _asker(data_dir)
        rounds = min(size.rounds, MOST_ROUNDS)
        pages = [figure for case in CASES for figure in _of_page(store, case, ask, rounds)]
        figures = [figure for case in CASES for figure in _of_case(store, case, ask, rounds)]
        store.close()
        rollups = sum(file.stat().st_size for file in (data_dir / "rollups").iterdir())
    return [
        *pages,
        *figures,
        Figure("figures and sessions are worked out after", built_secs, "s", at_most(90)),
        Figure("their bytes per event", rollups / size.stored, "B"),
    ]


def asked_by_page(query: ReportQuery) -> Mapping[Asked, Question]:
    """All that a page asks for under filters, which is answered together."""
    asked = [Asked(plain_totals, query), Asked(timeseries, query)]
    asked += [Asked(breakdown, query, (card, "", "visitors", 0)) for card in CARDS]
    (group,) = groups(asked)
    return group


def _of_page(
    store: Store, case: Case, ask: Callable[[str], list[Row]] | None, rounds: int
) -> list[Figure]:
    """The seconds of all of a page's reports together, and of those of the plain questions."""
    query = replace(QUERY, filters=tuple(map(parse_filter, case.filters)), limit=9)
    group = asked_by_page(query)
    tests = {"fits": case.fits, "matches": case.matches}
    questions = [PLAIN_TOTALS.format(**tests)]
    for value, order in VALUES.values():
        questions.append(GROUPS.format(rows=PLAIN.format(value=value, **tests), order=order))
    ours, ratios = [], []
    for _ in range(rounds):
        ours.append(cost_of(partial(answers, store, group)).wall)
        if ask is not None:
            theirs = sum(cost_of(partial(ask, question)).wall for question in questions)
            ratios.append(ours[-1] / theirs)
    title = f"{' and '.join(case.filters)}: page"
    figures = [Figure(title, median(ours), "s", at_most(PAGE_SECS))]
    if ratios:
        figures.append(
            Figure(
                f"{title}, ours / ClickHouse, plain where", median(ratios), aim=at_most(OF_PLAIN)
            )
        )
    return figures


def _of_case(
    store: Store, case: Case, ask: Callable[[str], list[Row]] | None, rounds: int
) -> list[Figure]:
    """The seconds of each report, and what its processor time is of that of each question."""
    figures = []
    for name, report in _reports(case).items():
        title = f"{' and '.join(case.filters)}: {name}"
        calls: list[Call] = [partial(report, store)]
        if ask is not None:
            calls += [partial(ask, question) for question in _questions(case, name)]
        _check(title, [call() for call in calls])
        costs = [[cost_of(call) for call in calls] for _ in range(rounds)]
        figures.append(Figure(title, median(cost[0].wall for cost in costs), "s"))
        for number, what in enumerate(("", ", plain where"), start=1):
            if number < len(calls):
                ratio = median(cost[0].cpu / cost[number].cpu for cost in costs)
                aim = None if what else at_most(1)
                figures.append(Figure(f"{title}, ours / ClickHouse{what}", ratio, aim=aim))
    return figures


def _reports(case: Case) -> dict[str, Callable[[Store], list[Row]]]:
    """Our reports; their rows are printed as ClickHouse prints its own."""
    query = replace(QUERY, filters=tuple(map(parse_filter, case.filters)))
    reports: dict[str, Callable[[Store], list[Row]]] = {
        "totals": lambda store: _totals(store, query),
        "by day": lambda store: [
            _row(bucket.date, bucket.visitors, bucket.pageviews)
            for bucket in timeseries(store, query)
            if bucket.visitors
        ],
    }
    for card in CARDS:
        reports[f"by {card}"] = partial(_breakdown, query, card)
    return reports


def _totals(store: Store, query: ReportQuery) -> list[Row]:
    found = totals(store, query)
    bounces = round(found.bounce_rate * found.sessions)
    duration_us = round(found.avg_visit_duration_secs * found.sessions * 1_000_000)
    figures = (found.unique_visitors, found.total_pageviews, found.sessions, bounces, duration_us)
    return [_row(*figures)]


def _breakdown(query: ReportQuery, card: str, store: Store) -> list[Row]:
    return [_row(r.value, r.visitors, r.pageviews) for r in breakdown(store, query, card)]


def _questions(case: Case, name: str) -> Sequence[str]:
    """The question with the same meaning, and then the plain one where that is another."""
    tests = {"fits": case.fits, "matches": case.matches}
    tests["needed"] = case.matches if case.fits == ALWAYS else case.fits
    if name == "totals":
        return [TOTALS.format(value=ALWAYS, **tests)]
    value, order = VALUES[name]
    ways = [PLAIN] if case.fits == ALWAYS else [OF_SESSIONS, PLAIN]
    return [GROUPS.format(rows=way.format(value=value, **tests), order=order) for way in ways]


def _row(*values: object) -> Row:
    return tuple(map(str, values))


def _check(title: str, answers: list[object]) -> None:
    """All have to say the same."""
    ours, *others = answers
    for theirs in others:
        if theirs != ours:
            raise BenchFailed(f"{title}: ClickHouse answers {theirs}, and we {ours}")


def _asker(data_dir: Path) -> Callable[[str], list[Row]]:
    """A function that asks ClickHouse's engine. Raises ImportError without chdb."""
    engine: Any = clickhouse.engine_of(THREADS)
    engine.query("create database filtered")
    engine.query("use filtered")
    engine.query(TABLE.format(files=clickhouse.files_of(data_dir)))

    def ask(question: str) -> list[Row]:
        return [tuple(row) for row in csv.reader(str(engine.query(question, "CSV")).splitlines())]

    return ask
