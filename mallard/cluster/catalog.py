"""The record in PostgreSQL: who is a node, which files there are, what is in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from mallard.model import MallardError, Unavailable
from mallard.texts.said import said

FORM = 4
"""The number of what `catalog.sql` makes; nodes of another one do not fit together."""
LAKE = "mallard_lake"
"""The schema in which DuckLake keeps its own tables; `catalog.sql` says it, too."""
CONNECT_SECS = 5
STATEMENT_SECS = 30
MOST_FILES = 200
"""So many files are taken in at most before it is asked for more."""

AGREED = """
select id::text, form, duckdb, secret_fingerprint, visitor_id_rotation, visitor_salts,
    visitor_salt_grace_days, storage
from mallard_cluster.cluster
"""

MAKE = """
insert into mallard_cluster.cluster
    (id, form, duckdb, secret_fingerprint, visitor_id_rotation, visitor_salts,
    visitor_salt_grace_days, storage)
values (%s, %s, %s, %s, %s, %s, %s, %s)
"""

NEWS = """
select file, node, batches, snapshot, erased
from mallard_cluster.files
where snapshot > %s and gone_at is null
order by snapshot, file
limit %s
"""

ANNOUNCED_SINCE = """
select file, node, batches, snapshot, erased
from mallard_cluster.files
where snapshot is not null and announced_at >= %s and gone_at is null
order by snapshot
"""

ADMIT = """
insert into mallard_cluster.nodes (name, directory) values (%s, %s)
on conflict (name) do update set
    joined_at = case
        when nodes.directory = excluded.directory then nodes.joined_at else now() end,
    seen_at = now(), left_at = null, directory = excluded.directory
where nodes.directory = excluded.directory or nodes.left_at is not null
returning name
"""


class CatalogGone(Unavailable):
    """PostgreSQL does not answer, or not as it should."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """What all nodes have in common."""

    cluster: str
    form: int
    duckdb: str
    secret_fingerprint: str
    visitor_id_rotation: str
    visitor_salts: str
    visitor_salt_grace_days: int
    storage: str


@dataclass(frozen=True, slots=True)
class Published:
    """A file that is in the lake since a snapshot, and the batches in it."""

    file: str
    node: str
    batches: tuple[str, ...]
    snapshot: int
    erased: int
    """The erasures up to this number are done in it."""


@dataclass(frozen=True, slots=True)
class Member:
    """A node as the record knows it."""

    name: str
    seen_secs_ago: float
    has_left: bool
    followed: int
    waiting: int
    erased: int


class Catalog:
    """A connection to the record. Everything raises CatalogGone when it cannot be done."""

    def __init__(self, address: str) -> None:
        with _told():
            self._connection: psycopg.Connection[tuple[Any, ...]] = psycopg.connect(
                address,
                autocommit=True,
                row_factory=tuple_row,
                connect_timeout=CONNECT_SECS,
                application_name="mallard",
                tcp_user_timeout=STATEMENT_SECS * 1000,
                options=f"-c statement_timeout={STATEMENT_SECS}s -c timezone=UTC",
            )

    def agreed(self) -> Agreed | None:
        """What the nodes have agreed on; None where no cluster was made yet."""
        if self._one("select to_regclass('mallard_cluster.cluster') is null"):
            return None
        rows = self.rows(AGREED)
        return Agreed(*rows[0]) if rows else None

    def make(self, agreed: Agreed) -> None:
        """Makes the tables, beside those of the lake, all or none."""
        script = files(__package__).joinpath("catalog.sql").read_text(encoding="utf-8")
        with _told(), self._connection.transaction():
            self._connection.execute(script.encode())
            self._connection.execute(MAKE.encode(), astuple(agreed))

    def now(self) -> datetime:
        """What time it is there."""
        moment: datetime = self._one("select clock_timestamp()")
        return moment

    def is_durable(self) -> bool:
        """Whether what it has confirmed survives a loss of power there."""
        settings = "current_setting('fsync'), current_setting('synchronous_commit')"
        return "off" not in self.rows(f"select {settings}")[0]

    def admit(self, name: str, directory: str) -> bool:
        """Notes that the node with this directory is there; False when another has the name."""
        return bool(self.rows(ADMIT, (name, directory)))

    def dismiss(self, name: str) -> bool:
        """Notes that a node has left; False where there is none of this name."""
        sql = "update mallard_cluster.nodes set left_at = now() where name = %s returning name"
        return bool(self.rows(sql, (name,)))

    def report(
        self, name: str, followed: int, waiting: int, erased: int, retention_days: int
    ) -> None:
        """Notes how far a node has come, how many of its batches wait, and what it keeps."""
        sql = (
            "update mallard_cluster.nodes set seen_at = now(), followed = %s, waiting = %s,"
            " erased = %s, retention_days = %s where name = %s"
        )
        self.do(sql, (followed, waiting, erased, retention_days, name))

    def members(self) -> list[Member]:
        """All nodes that there ever were, by name."""
        sql = (
            "select name, extract(epoch from now() - seen_at)::float8, left_at is not null,"
            " followed, waiting, erased from mallard_cluster.nodes order by name"
        )
        return [Member(*row) for row in self.rows(sql)]

    def note_empty(self, batches: Sequence[str]) -> None:
        """Notes batches that have no events left, so that they need not be in the lake."""
        sql = (
            "insert into mallard_cluster.batches (batch) select unnest(%s::text[])"
            " on conflict do nothing"
        )
        self.do(sql, (list(batches),))

    def noted(self, batches: Sequence[str]) -> dict[str, str | None]:
        """To those of the batches that are noted the file that each is in, where there is one."""
        sql = "select batch, file from mallard_cluster.batches where batch = any(%s)"
        return dict(self.rows(sql, (list(batches),)))

    def announce(
        self, file: str, node: str, batches: Sequence[str], erased: int, replaces: str | None = None
    ) -> None:
        """Says what will be in a file before it is added."""
        sql = (
            "insert into mallard_cluster.files (file, node, batches, erased, replaces)"
            " values (%s, %s, %s, %s, %s)"
        )
        self.do(sql, (file, node, list(batches), erased, replaces))

    def withdraw(self, file: str) -> None:
        """Forgets a file that was announced and not added: from now on it cannot be."""
        sql = (
            "delete from mallard_cluster.files"
            " where file = %s and snapshot is null and gone_at is null"
        )
        self.do(sql, (file,))

    def news(self, after: int, most: int = MOST_FILES) -> list[Published]:
        """The files that were added after a snapshot, oldest first, and no more than so many."""
        return _published(self.rows(NEWS, (after, most)))

    def announced_since(self, moment: datetime) -> list[Published]:
        """The files of the lake that were announced at a moment or later, in their order."""
        return _published(self.rows(ANNOUNCED_SINCE, (moment,)))

    def newest(self) -> int:
        """The last snapshot with which a file came; 0 where there is none."""
        last: int = self._one("select coalesce(max(snapshot), 0) from mallard_cluster.files")
        return last

    def before(self, lookback: timedelta) -> int:
        """The last snapshot of what was announced longer ago; 0 where there is none.

        What was noted since may have been forgotten, and the numbers given again, where PostgreSQL
        was set back or another one has taken its place.
        """
        sql = (
            "select coalesce(max(snapshot), 0) from mallard_cluster.files"
            " where announced_at < now() - %s"
        )
        last: int = self.rows(sql, (lookback,))[0][0]
        return last

    def totals(self) -> Mapping[str, int]:
        """How many files and batches the lake has, and how many files were announced in vain."""
        sql = (
            "select count(snapshot),"
            " coalesce(sum(cardinality(batches)) filter (where snapshot is not null), 0),"
            " count(*) filter (where snapshot is null) from mallard_cluster.files"
            " where gone_at is null"
        )
        files_there, batches, unused = self.rows(sql)[0]
        return {"files": files_there, "batches": int(batches), "unused": unused}

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is done within is done as a whole, or not at all."""
        with _told(), self._connection.transaction():
            yield

    def close(self) -> None:
        """Ends the connection."""
        self._connection.close()

    def _one(self, sql: str) -> Any:
        return self.rows(sql)[0][0]

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a statement of this room's. Raises as all here."""
        with _told():
            return self._connection.execute(sql.encode(), values or None).fetchall()

    def do(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Runs a statement of this room's that has no rows. Raises as all here."""
        with _told():
            self._connection.execute(sql.encode(), values or None)


def _published(rows: list[tuple[Any, ...]]) -> list[Published]:
    return [
        Published(file, node, tuple(names), at, erased) for file, node, names, at, erased in rows
    ]


@contextmanager
def _told() -> Iterator[None]:
    """What PostgreSQL says becomes one line; no address and no password is in it."""
    try:
        yield
    except psycopg.OperationalError as error:
        raise CatalogGone(said("PostgreSQL cannot be reached; the log says why")) from error
    except psycopg.Error as error:
        raise MallardError(f"PostgreSQL refuses: {str(error).splitlines()[0]}") from error
