"""What the record knows of the shared files: what each may hold, and which of them can go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from mallard.cluster.catalog import Catalog
from mallard.store.parquet.gone import Gone

NOT_ERASED = """
select file, batches, erased, first_site, last_site, since, until
from mallard_cluster.held where erased < %s order by snapshot limit %s
"""
OLDER = """
select file, batches, erased, first_site, last_site, since, until
from mallard_cluster.held where since < %s order by snapshot limit %s
"""

ERASED = """
update mallard_cluster.files set erased = greatest(erased, %s)
where file = any(%s) and gone_at is null
"""

FIRST = """
select name from mallard_cluster.nodes
where left_at is null and seen_at > now() - %s order by name limit 1
"""

LIVE = """
select count(*) from mallard_cluster.nodes where left_at is null and seen_at > now() - %s
"""

KEPT = """
select max(retention_days), min(retention_days) from mallard_cluster.nodes where left_at is null
"""

GONE = "select file from mallard_cluster.files where gone_at < now() - %s"
FORGET = "delete from mallard_cluster.files where file = any(%s) and gone_at is not null"
UNUSED = """
delete from mallard_cluster.files
where snapshot is null and gone_at is null and announced_at < now() - %s returning file
"""
KNOWN = "select file from mallard_cluster.files where file = any(%s)"


@dataclass(frozen=True, slots=True)
class Holding:
    """A file of the lake, its batches, and what sites and moments may be in it."""

    file: str
    batches: tuple[str, ...]
    erased: int
    first_site: str | None
    last_site: str | None
    since: datetime | None
    until: datetime | None

    def may_hold(self, gone: Gone) -> bool:
        """Whether some of its events may be what is gone."""
        return self._may_hold_site(gone.site_id) and self._may_hold_days(gone.start, gone.end)

    def _may_hold_site(self, site_id: str | None) -> bool:
        if site_id is None or self.first_site is None or self.last_site is None:
            return True
        return self.first_site.encode() <= site_id.encode() <= self.last_site.encode()

    def _may_hold_days(self, start: date, end: date) -> bool:
        if self.since is None or self.until is None:
            return True
        return start <= self.until.date() and self.since.date() < end


def not_erased(catalog: Catalog, number: int, most: int) -> list[Holding]:
    """Files in which not all erasures up to a number are done, the oldest first."""
    return _holdings(catalog.rows(NOT_ERASED, (number, most)))


def older(catalog: Catalog, than: date, most: int) -> list[Holding]:
    """Files that have events of before a day, the oldest first."""
    return _holdings(catalog.rows(OLDER, (than, most)))


def note_erased(catalog: Catalog, files: list[str], number: int) -> None:
    """Notes that files have nothing of the erasures up to a number."""
    catalog.do(ERASED, (number, files))


def is_first(catalog: Catalog, node: str, within: timedelta) -> bool:
    """Whether a node is the one that sees to the files, of those seen lately."""
    return catalog.rows(FIRST, (within,)) == [(node,)]


def live(catalog: Catalog, within: timedelta) -> int:
    """How many nodes were seen lately."""
    number: int = catalog.rows(LIVE, (within,))[0][0]
    return number


def gone(catalog: Catalog, since: timedelta) -> list[str]:
    """Files that went from the lake so long ago."""
    return [file for (file,) in catalog.rows(GONE, (since,))]


def forget(catalog: Catalog, files: list[str]) -> None:
    """Takes files that have gone from the record; their batches stay noted."""
    catalog.do(FORGET, (files,))


def withdraw_unused(catalog: Catalog, since: timedelta) -> list[str]:
    """Files that were announced so long ago and not added: from now on they cannot be."""
    return [file for (file,) in catalog.rows(UNUSED, (since,))]


def known(catalog: Catalog, files: list[str]) -> set[str]:
    """Those of the files that are in the record."""
    return {file for (file,) in catalog.rows(KNOWN, (files,))}


def kept_for_days(catalog: Catalog) -> int:
    """For how many days the node that keeps days the longest wants them; 0 for ever."""
    ((longest, least),) = catalog.rows(KEPT)
    return 0 if not least else int(longest)


def _holdings(rows: list[tuple[Any, ...]]) -> list[Holding]:
    return [Holding(file, tuple(batches), *rest) for file, batches, *rest in rows]
