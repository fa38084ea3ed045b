"""The start of a server on what is stored already: many small days, and one large month.

The month's figures are worked out in the background, while reports are asked without a pause; what
these answer must not change meanwhile.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import duckdb

from benches import servers
from benches.answers import BenchFailed
from benches.figures import Figure, at_most
from benches.month import PATIENCE_SECS, RANGE
from benches.servers import Server
from benches.sizes import Size
from benches.warehouse import FIRST_DAY, lay_down
from mallard.store.parquet.columns import COLUMNS, TYPES

PARTITIONS = 20_000
DAYS_OF_A_SITE = 200
EVENTS_FOR_A_PARTITION = 500
"""So many stored events, in a smaller run, stand for one partition."""

REPORTS = ("main", "timeseries", "breakdown/pages", "breakdown/sources", "breakdown/countries")

A_DAY_OF_EACH = """
copy (
    select {columns}, day::date as date
    from (
        select $first::date::timestamp + to_days(nr::int) as day
        from range({days}) as numbers (nr)
    )
) to '{target}' (format parquet, partition_by (site_id, date), write_partition_columns true,
    overwrite_or_ignore true)
"""
VALUES = {
    "site_id": "'{site}'",
    "visitor_id": "sha256('{site}' || day)",
    "timestamp": "day + interval 9 hours",
    "event_name": "'pageview'",
    "pathname": "'/'",
}


def run(size: Size) -> list[Figure]:
    """Seconds from the command to the first answer, and to the figures of every day."""
    with TemporaryDirectory(prefix="mallard-bench-") as folder:
        return [*_of_many_days(Path(folder), size), *_of_a_month(Path(folder) / "month", size)]


def _of_many_days(folder: Path, size: Size) -> Iterator[Figure]:
    """A start with nothing, and twice with many partitions: the second time they are known."""
    partitions = min(PARTITIONS, max(1, size.stored // EVENTS_FOR_A_PARTITION))
    _lay_down_days(folder / "days", partitions)
    bare = _start_secs(folder / "bare")
    yield Figure("start with nothing stored", bare, "s")
    for when in ("first", "second"):
        secs = _start_secs(folder / "days")
        yield Figure(f"{when} start with {partitions:,} partitions", secs, "s", at_most(3))
        yield Figure(f"{when} start / start with nothing", secs / bare, "times")


def _start_secs(data_dir: Path) -> float:
    begun = time.perf_counter()
    with servers.mallard(data_dir) as mallard:
        taken = time.perf_counter() - begun
        mallard.stop()
    return taken


def _lay_down_days(data_dir: Path, partitions: int) -> None:
    """Writes a file with one event for each of so many days of sites."""
    (data_dir / "events").mkdir(parents=True)
    with duckdb.connect(config={"threads": 2}) as connection:
        for number in range(0, partitions, DAYS_OF_A_SITE):
            columns = ", ".join(
                f"({VALUES.get(column, 'null')})::{TYPES.get(column, 'VARCHAR')} as {column}"
                for column in COLUMNS
            )
            sql = A_DAY_OF_EACH.format(
                columns=columns.format(site=f"site{number}.example"),
                days=min(DAYS_OF_A_SITE, partitions - number),
                target=data_dir / "events",
            )
            connection.execute(sql, {"first": FIRST_DAY})


@dataclass(slots=True)
class _Meanwhile:
    """What was asked while the figures were being worked out."""

    seconds: list[float] = field(default_factory=list)
    answers: dict[str, object] = field(default_factory=dict)


def _of_a_month(data_dir: Path, size: Size) -> list[Figure]:
    """A start with a month of events that nothing has been worked out of."""
    lay_down(data_dir, size.stored, days=size.days)
    begun = time.perf_counter()
    with servers.mallard(data_dir, cache_ttl="0", query_timeout_secs=str(PATIENCE_SECS)) as mallard:
        meanwhile = _Meanwhile()
        for report in cycle(REPORTS):
            if not _pending(mallard):
                break
            if time.perf_counter() - begun > PATIENCE_SECS:
                raise BenchFailed("the figures of the stored days are not ready")
            _ask(mallard, report, meanwhile)
        ready = time.perf_counter() - begun
        then = _Meanwhile(answers=dict(meanwhile.answers))
        for report in REPORTS:
            _ask(mallard, report, then)
        mallard.stop()
    return [
        Figure(
            f"figures of {size.stored:,} events, while reports are asked", ready, "s", at_most(60)
        ),
        Figure("reports answered meanwhile", len(meanwhile.seconds)),
        Figure("a report meanwhile: median latency", median(meanwhile.seconds), "s"),
        Figure("a report meanwhile: longest", max(meanwhile.seconds), "s"),
        Figure("a report then: median latency", 1000 * median(then.seconds), "ms"),
    ]


def _pending(mallard: Server) -> int:
    health: Mapping[str, int] = json.loads(mallard.get("/health/detailed"))
    return health["rollups_pending"]


def _ask(mallard: Server, report: str, asked: _Meanwhile) -> None:
    """Asks for a report, which has to say what it said before."""
    begun = time.perf_counter()
    answer = json.loads(mallard.get(f"/api/stats/{report}?{RANGE}"))
    asked.seconds.append(time.perf_counter() - begun)
    if asked.answers.setdefault(report, answer) != answer:
        raise BenchFailed(f"{report} has changed while the figures were worked out")
