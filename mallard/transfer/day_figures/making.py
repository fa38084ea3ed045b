"""Makes of the rows of an export a Parquet file for each site, in the layout of imported days."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from mallard.ingest.submission import MAX_URL
from mallard.model import Period
from mallard.reports.query import is_site_id
from mallard.store.imported.layout import ALIKE, COLUMNS, FIGURES, SORTED, TOTAL
from mallard.store.parquet.columns import quoted, quoted_path
from mallard.texts.said import said, within, words_of
from mallard.transfer.day_figures.origins import CHANNEL_OF
from mallard.transfer.day_figures.rows import DayRow, Found
from mallard.transfer.importing import OnBad
from mallard.transfer.room import insist_on_room
from mallard.transfer.rows import BadRow, LeftOut
from mallard.transfer.sorting import FRUGAL
from mallard.transfer.sources import Unreadable
from mallard.transfer.within import OTHER_DAYS

_TYPES = ", ".join(f"{name}: '{kind}'" for name, kind in COLUMNS.items())
_KEYS = ", ".join(name for name in COLUMNS if name not in FIGURES)
_SUMS = ", ".join(f"sum({name})::bigint as {name}" for name in FIGURES)
ROWS = f"""
read_csv(
    {{file}}, columns = {{{{{_TYPES}}}}}, header = false, delim = ',', quote = '"', escape = '"',
    nullstr = '', auto_detect = false, strict_mode = false, max_line_size = 65536,
    buffer_size = 1048576
)
"""
READ = f"""
create table figures as
select {_KEYS}, {_SUMS}
from (
    select * replace (coalesce(channel, value) as value)
    from {{rows}}
    left join ({CHANNEL_OF}) using (value)
) as rows
group by {_KEYS}, {ALIKE}
"""
SHARES = f"""
select
    site_id, count(distinct day), min(day), max(day),
    coalesce(sum(visitors) filter (where dimension = '{TOTAL}'), 0)::bigint,
    coalesce(sum(pageviews) filter (where dimension = '{TOTAL}'), 0)::bigint
from figures
group by site_id
order by site_id
"""
WITHOUT_TOTAL = f"""
select day
from figures
group by site_id, day
having count(*) filter (where dimension = '{TOTAL}') = 0
order by day
limit 1
"""
OF_SITE = f"select * from figures where site_id = $site_id {SORTED}"

MEMORY = "96MB"
"""What needs more waits on the disk."""
LOOKS_EVERY_ROWS = 10_000
"""How often it is looked at whether the disk has room for more."""
_BREAKS = str.maketrans({"\0": None})


@dataclass(frozen=True, slots=True)
class Share:
    """What is of one site: its file, how many days, from when to when, and their headlines."""

    path: Path
    days: int
    first: date
    last: date
    visitors: int
    pageviews: int


@dataclass(slots=True)
class Made:
    """What has become of an export: a share for each site, bad rows, and what was left out."""

    shares: dict[str, Share] = field(default_factory=dict)
    bad: int = 0
    left_out: Counter[str] = field(default_factory=Counter)


def make(
    found: Found, source: str, latest: date, period: Period | None, directory: Path, on_bad: OnBad
) -> Made:
    """Adds the rows up in new files in a directory. Raises Unreadable."""
    made = Made()
    listed = directory / "figures.csv"
    with listed.open("w", encoding="utf-8", newline="") as file:
        write = csv.writer(file).writerow
        for count, (number, row) in enumerate(found):
            if count % LOOKS_EVERY_ROWS == 0:
                insist_on_room(directory)
            try:
                write(_checked(row, source, latest, period))
            except LeftOut as reason:
                made.left_out[words_of(reason)] += 1
            except BadRow as problem:
                made.bad += 1
                on_bad(number, words_of(problem))
    insist_on_room(directory, listed.stat().st_size)
    _add_up(listed, directory, made)
    listed.unlink()
    return made


def _checked(
    row: DayRow | BadRow | LeftOut, source: str, latest: date, period: Period | None
) -> list[object]:
    """The cells of a row. Raises BadRow and LeftOut."""
    if not isinstance(row, DayRow):
        raise row
    if row.day > latest:
        raise BadRow(within(said("the date is more than a day ahead"), row.day))
    if period is not None and row.day not in period:
        raise LeftOut(OTHER_DAYS)
    if not is_site_id(row.site_id):
        raise BadRow(
            said("the site may hold ASCII letters, digits and . - _ : only; name it by --site")
        )
    value = row.value.translate(_BREAKS) if row.value else None
    if value and len(value) > MAX_URL:
        raise BadRow(said("a value is longer than %(most)s characters", most=MAX_URL))
    told = [row.site_id, row.day.isoformat(), source, row.dimension, value, row.country_code]
    return [*told, *row.figures]


def _add_up(listed: Path, directory: Path, made: Made) -> None:
    config = {
        **FRUGAL,
        "memory_limit": MEMORY,
        "preserve_insertion_order": False,
        "temp_directory": str(directory / "spilled"),
    }
    database = duckdb.connect(directory / "figures.duckdb", config=config)
    try:
        database.execute(READ.format(rows=ROWS.format(file=quoted_path(listed))))
        if lacking := database.execute(WITHOUT_TOTAL).fetchall():
            raise Unreadable(
                said(
                    "there are figures of %(lacking)s by some dimension, and none of the day as a"
                    " whole; name the file with these, too",
                    lacking=lacking[0][0],
                )
            )
        shares = database.execute(SHARES).fetchall()
        for number, (site_id, *told) in enumerate(shares):
            path = directory / f"{number}.parquet"
            options = "format parquet, compression zstd"
            copy = f"copy ({OF_SITE}) to {quoted(path)} ({options})"
            database.execute(copy, {"site_id": site_id})
            made.shares[site_id] = Share(path, *told)
    except duckdb.Error as error:
        raise Unreadable(within(said("the figures cannot be added up"), error)) from error
    finally:
        database.close()
