"""Takes days out of imported files, and moves what a site has to another one.

Whoever is killed in the middle does all of it again: what it writes has the same name then.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from mallard.durable import make_durable
from mallard.model import Period
from mallard.store.engine.scratch import Scratch
from mallard.store.imported.days import ImportedDays, counting
from mallard.store.imported.layout import (
    ALIKE,
    COLUMNS,
    FIGURES,
    FROM,
    SORTED,
    name_of,
    named,
    token_of,
)
from mallard.store.parquet.columns import literally, quoted

COPY = "copy ({rows}) to {file} (format parquet, compression zstd)"
OF_DAYS = f"""
select * from {FROM.format(file="$file")} where day in (select unnest($days)) {SORTED}
"""
SUMMED = """
select $site_id as site_id, {told}, {sums}
from ({rows}) as rows
group by {told}, {alike}
{order}
"""
SHARE = """
select * from read_parquet($file_{n}, hive_partitioning = false)
where day in (select unnest($days_{n}))
"""

EVER = Period(date.min, date.max)


class Cutter:
    """Writes files that have other days, or are of another site, than those there are."""

    def __init__(self, imported: ImportedDays, scratch: Scratch) -> None:
        self._imported = imported
        self._scratch = scratch

    def cut(self, path: Path, site_id: str, period: Period) -> None:
        """Takes days out of a file, which may lie in the trash. Raises OSError, duckdb.Error."""
        if not path.exists():
            return
        if rest := [day for day in self._imported.days_in(path) if day not in period]:
            name = _name_of_part(path, rest)
            with self._scratch.file() as draft:
                self._copy(OF_DAYS, _bound(path, rest), draft)
                if path.parent == self._imported.directory(site_id):
                    self._imported.put(site_id, draft, name)
                else:
                    make_durable(draft, path.with_name(name))
        self._imported.remove(site_id, path)

    def set_aside(self, path: Path, period: Period, into: Path) -> None:
        """Writes a file's days of a period to a directory, laid out as the data directory is."""
        days = [day for day in self._imported.days_in(path) if day in period]
        if not days:
            return
        target = into / path.relative_to(self._imported.root.parent)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._scratch.file() as draft:
            self._copy(OF_DAYS, _bound(path, days), draft)
            draft.chmod(0o600)
            make_durable(draft, target.with_name(_name_of_part(path, days)))

    def move(self, source: str, target: str) -> None:
        """Makes all that counts of a site another one's, added to what that has of the same days.

        Raises OSError, duckdb.Error.
        """
        files, known = self._imported.files(source), self._imported.files(target)
        # By the one that goes last: whoever was killed meanwhile finds fewer files, and the same.
        token = token_of([target, *(file.path.name for file in files[-1:])])[:8]
        is_there = any(file.path.stem.endswith(token) for file in known)
        if files and not is_there:
            number = max((file.number for file in known), default=0) + 1
            by = files[0].known_by if len(files) == 1 and not known else token_of([token])
            with self._scratch.file() as draft:
                self._sum(source, target, draft)
                self._imported.put(target, draft, name_of(number, by, token))
        for file in files:
            self._imported.remove(source, file.path)

    def _sum(self, source: str, target: str, draft: Path) -> None:
        """What counts of a site, and of the same days of another."""
        bound: dict[str, object] = {"site_id": target}
        moved = counting(self._imported.files(source), EVER)
        days = {day for _, of_file in moved for day in of_file}
        beside = [
            (path, tuple(day for day in of_file if day in days))
            for path, of_file in counting(self._imported.files(target), EVER)
        ]
        shares = []
        for n, (path, of_file) in enumerate([*moved, *beside]):
            shares.append(SHARE.format(n=n))
            bound |= {f"file_{n}": literally(path), f"days_{n}": list(of_file)}
        told = [name for name in COLUMNS if name not in (*FIGURES, "site_id")]
        sums = ", ".join(f"sum({name})::bigint as {name}" for name in FIGURES)
        rows = " union all ".join(shares)
        parts = {"told": ", ".join(told), "sums": sums, "rows": rows}
        sql = SUMMED.format(**parts, alike=ALIKE, order=SORTED)
        self._copy(sql, bound, draft)

    def _copy(self, rows: str, bound: Mapping[str, object], draft: Path) -> None:
        with self._imported.database.reader() as connection:
            connection.execute(COPY.format(rows=rows, file=quoted(draft)), bound)


def _bound(path: Path, days: list[date]) -> dict[str, object]:
    return {"file": literally(path), "days": sorted(days)}


def _name_of_part(path: Path, days: list[date]) -> str:
    """The name of what a file has of some days: the same whenever it is asked."""
    file = named(path)
    if file is None:
        raise ValueError(f"{path} is not the name of imported figures")
    token = token_of([path.name, *(str(day) for day in sorted(days))])
    return name_of(file.number, file.known_by, token)
