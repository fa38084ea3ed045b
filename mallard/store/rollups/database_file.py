"""The database file that has the rollups: attached as long as it can be trusted, else begun anew.

Beside the file lies its form. It is gone while the file is being opened, so that one that takes the
process down with it is not opened again, and it names the very inode: in a copy of the directory,
which may have been made while the file was written to, all is worked out anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path

import duckdb
import structlog

from mallard.folders import entries
from mallard.model import Period
from mallard.store.engine.database import Connection
from mallard.store.parquet.columns import quoted
from mallard.store.rollups import recent_events, returning_visitors, working_out
from mallard.store.rollups.built import Built, Corrections, site_number
from mallard.store.rollups.declared import Rollup

log = structlog.get_logger("mallard.store.rollups")

TABLES = {
    "built": "site bigint, day date, site_id varchar, files varchar[], edition varchar,"
    " left_out varchar[], settled integer",
    "visitors": "site bigint, day date, visitor ubigint, part integer",
    "shared": "site bigint, day date, other date",
    "corrected": "site bigint, day date, others date[], editions varchar[], left_out varchar[]",
    "recent": recent_events.TABLE,
}
"""What there is beside the rollups themselves."""


ROWS_OF_A_GROUP = 32_768
"""Of each so many rows DuckDB knows the least and the greatest value of a column."""

FORM_OF_FILE = f"row_group_size {ROWS_OF_A_GROUP}, storage_version 'latest'"
"""Nothing but this very version of DuckDB reads the file, so it may be as small as that can."""

BuiltDays = dict[str, dict[date, Built]]
"""The built days of each site."""


class RollupFile:
    """The current file; `alias` is its name in SQL, which no later file has.

    Where no file can be written there are empty tables in memory, and `is_missing` says so.
    """

    def __init__(self, directory: Path, rollups: Mapping[str, Rollup]) -> None:
        self._directory = directory
        directory.mkdir(exist_ok=True)
        self._rollups = rollups
        self._generation = 0
        self.is_missing = False

    @property
    def alias(self) -> str:
        """The name under which SQL finds the database."""
        return _alias(self._generation)

    def open(self, connection: Connection) -> BuiltDays:
        """Attaches the file of the latest run, or a new one; what is built in it."""
        stems = [path.stem for path in entries(self._directory, ".duckdb")]
        latest = max((int(stem) for stem in stems if stem.isdigit()), default=0)
        self._generation = max(self._generation, latest)
        self.is_missing = False
        try:
            if self._is_trusted():
                _attach(connection, quoted(self._path), self.alias)
                built = self._read(connection)
                self._keep_form()
                self._discard(but=self._path)
                return built
        except (duckdb.Error, OSError) as error:
            log.info("Rollups are worked out anew", reason=str(error))
            with suppress(duckdb.Error):
                connection.execute(f"detach {self.alias}")
        self._begin(connection, self._generation + 1)
        return {}

    def renew(self, connection: Connection) -> None:
        """Begins a new file, and takes the old one's name away; who reads it reads on."""
        old = self.alias
        self._begin(connection, self._generation + 1)
        # It is of no use to anybody any more, whether it can be detached or not.
        with suppress(duckdb.Error):
            connection.execute(f"detach {old}")

    def copy_without(self, connection: Connection, site_id: str, period: Period) -> None:
        """Writes all but a site's days to a file that `take_copy` makes the current one.

        Raises duckdb.Error or OSError, and then nothing has changed.
        """
        copy = self._generation + 1
        bound = {"site": site_number(site_id), "first": period.start, "end": period.end}
        try:
            self._create(connection, quoted(self._path_of(copy)), _alias(copy))
            connection.execute("begin")
            for table in (*TABLES, *self._rollups):
                days = ["day", "other"] if table == "shared" else ["day"]
                is_left = " and ".join(f"({day} < $first or {day} >= $end)" for day in days)
                connection.execute(
                    f"insert into {_alias(copy)}.{table} from {self.alias}.{table}"
                    f" where site <> $site or {is_left}",
                    bound,
                )
            connection.execute("commit")
        except (duckdb.Error, OSError):
            for statement in ("rollback", f"detach {_alias(copy)}"):
                with suppress(duckdb.Error):
                    connection.execute(statement)
            self._discard(but=self._path)
            raise

    def take_copy(self, connection: Connection) -> BuiltDays:
        """Takes the old file's name away, as `renew` does; what is built in the new one."""
        old = self.alias
        self._generation += 1
        built = self._read(connection)
        self._keep_form()
        self.is_missing = False
        self._discard(but=self._path)
        with suppress(duckdb.Error):
            connection.execute(f"detach {old}")
        return built

    def is_readable(self, connection: Connection) -> bool:
        """Whether all that is in the file can be read to its end."""
        try:
            for table in (*TABLES, *self._rollups):
                sql = f"select bit_xor(hash(rows)) from {self.alias}.{table} as rows"
                connection.execute(sql).fetchall()
        except duckdb.InterruptException:
            raise
        except duckdb.Error as error:
            log.warning("The rollups cannot be read", error=str(error))
            return False
        return True

    def _begin(self, connection: Connection, generation: int) -> None:
        """Makes an empty file the current one, and the only one."""
        self._generation = generation
        try:
            self._create(connection, quoted(self._path), self.alias)
            self._keep_form()
            self.is_missing = False
        except (duckdb.Error, OSError) as error:
            if not self.is_missing:
                log.warning("No rollups can be written for now", error=str(error))
            self.is_missing = True
            for statement in ("rollback", f"detach {self.alias}"):
                with suppress(duckdb.Error):
                    connection.execute(statement)
            self._generation += 1
            self._create(connection, "':memory:'", self.alias)
        self._discard(but=self._path)

    def _create(self, connection: Connection, target: str, alias: str) -> None:
        tables = TABLES | {
            name: ", ".join(f"{column} {kind}" for column, kind in rollup.columns.items())
            for name, rollup in self._rollups.items()
        }
        _attach(connection, target, alias)
        connection.execute("begin")
        for table, columns in tables.items():
            key = "" if table in TABLES else "site bigint, day date, since date, "
            connection.execute(f"create table {alias}.{table} ({key}{columns})")
        connection.execute("commit")

    def _read(self, connection: Connection) -> BuiltDays:
        others: dict[tuple[int, date], set[date]] = {}
        for site, day, other in connection.execute(f"from {self.alias}.shared").fetchall():
            others.setdefault((site, day), set()).add(other)
        corrected = {
            (site, day): Corrections(dict(zip(days, editions, strict=True)), frozenset(names))
            for site, day, days, editions, names in connection.execute(
                f"from {self.alias}.corrected"
            ).fetchall()
        }
        found: BuiltDays = {}
        rows = connection.execute(f"from {self.alias}.built").fetchall()
        for site, day, site_id, files, edition, left_out, settled in rows:
            found.setdefault(site_id, {})[day] = Built(
                files=frozenset(files),
                edition=edition,
                left_out=frozenset(left_out),
                shared=frozenset(others.get((site, day), ())),
                settled=settled,
                last=settled or 0,
                corrections=corrected.get((site, day)),
            )
        return found

    @property
    def _path(self) -> Path:
        return self._path_of(self._generation)

    def _path_of(self, generation: int) -> Path:
        return self._directory / f"{generation}.duckdb"

    def _form(self) -> str:
        """What the figures depend on beside the events, and which file it is."""
        declared = [
            (r.name, r.value, r.of_sessions, r.sql, list(r.columns.items()), list(r.params.items()))
            for r in self._rollups.values()
        ]
        ways = (working_out.TAKE, returning_visitors.SQL)
        form = f"{duckdb.__version__} {FORM_OF_FILE} {TABLES} {ways}"
        text = f"{form} {sorted(declared, key=str)}"
        digest = hashlib.sha256(text.encode()).hexdigest()
        return f"{digest} {self._path.stat().st_ino}"

    def _keep_form(self) -> None:
        self._path.with_suffix(".form").write_text(self._form(), encoding="utf-8")

    def _is_trusted(self) -> bool:
        """Whether the file's form is the current one; from now on it has none."""
        kept = self._path.with_suffix(".form")
        if not kept.exists() or not self._path.exists():
            return False
        form = kept.read_text(errors="replace")
        kept.unlink()
        return form == self._form()

    def _discard(self, but: Path) -> None:
        """Removes every file of rollups but one and its companions."""
        for path in self._directory.iterdir():
            if path.name.split(".")[0] != but.stem:
                path.unlink(missing_ok=True)


def _attach(connection: Connection, target: str, alias: str) -> None:
    connection.execute(f"attach {target} as {alias} ({FORM_OF_FILE})")


def _alias(generation: int) -> str:
    return f"rollups_{generation}"
