"""The behavioural questions asked of ClickHouse's engine, `chdb`, on the same Parquet files."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from benches.warehouse import DAYS, FIRST_DAY

DAY_US = 86_400_000_000
PEERS = Path(sys.prefix) / "peers"
"""Where `make bench` installs chdb, out of sight of the servers that are measured."""

MOMENT = "toUnixTimestamp64Micro(assumeNotNull(timestamp))"
STEPS = "pathname = '/pricing', pathname = '/signup', event_name = 'signup'"

QUESTIONS = {
    "sessions": f"""
        select
            sum(length(sessions)),
            sum(arraySum(arrayMap(s -> s[-1].1 - s[1].1, sessions))),
            sum(arraySum(arrayMap(s -> arrayCount(e -> e.2 = 1, s), sessions)))
        from (
            select
                visitor_id,
                arraySort(groupArray(({MOMENT}, event_name = 'pageview'))) as visits,
                arraySplit(
                    (e, nr) -> nr > 1 and e.1 - visits[nr - 1].1 > 1800000000,
                    visits, arrayEnumerate(visits)
                ) as sessions
            from {{files}} group by visitor_id
        )""",
    "funnel": f"""
        select countIf(level >= 1), countIf(level >= 2), countIf(level >= 3)
        from (
            select visitor_id, windowFunnel({DAY_US})(toUInt64({MOMENT}), {STEPS}) as level
            from {{files}}
            where pathname in ('/pricing', '/signup') or event_name = 'signup'
            group by visitor_id
        )""",
    "sequences": f"""
        select countIf(has_all), count()
        from (
            select visitor_id,
                sequenceMatch('(?1).*(?2).*(?3)')(toUInt64({MOMENT}), {STEPS}) as has_all
            from {{files}} group by visitor_id
        )""",
    "flow": """
        select next_page, count() as visitors
        from (
            select visitor_id, sequenceNextNode('forward', 'first_match')(
                toDateTime(assumeNotNull(timestamp)), assumeNotNull(pathname),
                pathname = '/pricing', pathname = '/pricing') as next_page
            from {files} where event_name = 'pageview' group by visitor_id
        )
        group by next_page order by visitors desc limit 10""",
    "retention": """
        select week, sum(seen[1]), sum(seen[2]), sum(seen[3]), sum(seen[4])
        from (
            select min(toMonday(timestamp)) as week, retention({weeks}) as seen
            from {files} group by visitor_id
        )
        group by week order by week""",
}

DIFFERENCES = {
    "funnel": "`windowFunnel` without a mode restarts its chain at each event of step 1 that it"
    " meets before step 2, and takes one step per event; ours tries every beginning and lets one"
    " later event complete several steps.",
    "flow": "`sequenceNextNode` takes the very next pageview, the same page again included, by"
    " whole seconds; ours skips repetitions of the page.",
    "retention": "`retention` is asked for the same four weeks for every visitor; ours gives each"
    " cohort its own.",
}


def engine_of(threads: int) -> Any:
    """ClickHouse's engine. Raises ImportError without chdb."""
    sys.path.append(str(PEERS))
    chdb: Any = import_module("chdb.session")
    engine = chdb.Session()
    for setting in (f"max_threads = {threads}", "enable_funnel_functions = 1"):
        engine.query(f"set {setting}")
    return engine


def files_of(data_dir: Path) -> str:
    """All Parquet files of a data directory, to select from."""
    return f"file('{data_dir}/events/*/*/*.parquet', Parquet)"


def asker(data_dir: Path, threads: int) -> Callable[[str], str]:
    """A function that answers one of the QUESTIONS as CSV. Raises ImportError without chdb."""
    engine, files = engine_of(threads), files_of(data_dir)
    mondays = [FIRST_DAY.toordinal() + 1 + 7 * n for n in range(DAYS // 7)]
    weeks = ", ".join(
        f"toMonday(timestamp) = toDate('{FIRST_DAY.fromordinal(day)}')" for day in mondays
    )

    def ask(name: str) -> str:
        return str(engine.query(QUESTIONS[name].format(files=files, weeks=weeks), "CSV"))

    return ask
