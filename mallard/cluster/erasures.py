"""The erasures that the nodes have agreed on, as the record in PostgreSQL keeps them, for ever."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

import msgspec
from msgspec.structs import astuple

from mallard.cluster.catalog import Catalog
from mallard.model import Period, microseconds
from mallard.store.parquet.gone import Gone

MARGIN = timedelta(minutes=5, seconds=10)
"""An event may bring a time that lies so far ahead of the clock that it was accepted by."""

NOTED = """
select id::text, number, site_id, first_day, end_day, accepted_before, noted_at
from mallard_cluster.erasures order by number
"""

NOTE = """
insert into mallard_cluster.erasures
    (id, number, site_id, first_day, end_day, accepted_before, noted_at)
select %s, coalesce(max(number), 0) + 1, %s, %s, %s, %s, %s from mallard_cluster.erasures
on conflict (id) do nothing
"""


class Erasure(msgspec.Struct, frozen=True):
    """A site's days, of which all goes that a node accepts before it knows of this.

    What bears a later time than `accepted_before` was accepted later for certain, wherever it was.
    """

    id: str
    site_id: str
    first: date
    end: date
    accepted_before: datetime
    noted_at: datetime

    @property
    def period(self) -> Period:
        """The days."""
        return Period(self.first, self.end)

    @property
    def gone(self) -> Gone:
        """What of any file is not to be stored any more."""
        return Gone(self.site_id, self.first, self.end, microseconds(self.accepted_before))


def new_erasures(sites: Sequence[str], period: Period, now: datetime) -> list[Erasure]:
    """One for each site, at a moment."""
    days = (period.start, period.end)
    return [Erasure(str(uuid.uuid4()), site, *days, now + MARGIN, now) for site in sites]


def note(catalog: Catalog, erasures: Sequence[Erasure]) -> None:
    """Adds them to the record, those that are not in it, one after another, all or none.

    The numbers are given under a lock: whoever sees one has seen all smaller ones.
    """
    with catalog.transaction():
        catalog.do("lock table mallard_cluster.erasures in exclusive mode")
        for one in erasures:
            catalog.do(NOTE, astuple(one))


def done_up_to(noted: Mapping[int, Erasure], done: Iterable[Erasure]) -> int:
    """The number up to which all are done, where some are."""
    there, last = {one.id for one in done}, 0
    for number, one in noted.items():
        if one.id not in there:
            break
        last = number
    return last


def newest(catalog: Catalog) -> int:
    """The number of the last one; 0 where there is none."""
    return max(noted(catalog), default=0)


def noted(catalog: Catalog) -> dict[int, Erasure]:
    """All of the record by their numbers, in their order."""
    return {number: Erasure(id_, *rest) for id_, number, *rest in catalog.rows(NOTED)}
