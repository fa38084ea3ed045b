"""Erases a site's days on request: every place that holds their events, and truthful counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import duckdb
import structlog

from mallard.ingest.flusher import Flusher
from mallard.model import MallardError, Period, Unavailable
from mallard.register.sites import Sites
from mallard.store.deletion.days import Deleted, finish
from mallard.store.store import Store
from mallard.texts.said import said, words_of

log = structlog.get_logger("mallard.erasure")

Share = Callable[[Sequence[str], Period], list[Deleted]]


class NotErased(MallardError):
    """Nothing was erased; it may be possible later."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased; both days are inclusive.

    `db_records_deleted` counts events that were in the journal or the hot table, and
    `events_deleted` these and the ones in the Parquet files of the partitions.
    """

    site_id: str
    start_date: date
    end_date: date
    db_records_deleted: int
    parquet_partitions_deleted: int
    events_deleted: int


class Erasure:
    """Erases what was accepted before it was asked to; what comes meanwhile stays."""

    def __init__(
        self,
        store: Store,
        flusher: Flusher,
        forget: Sequence[Callable[[str, Period], None]],
        former: Callable[[str], Sequence[str]],
        share: Share | None = None,
    ) -> None:
        """`former` tells the sites whose events belong to one; some may not have been moved yet.

        Where other servers have the events, too, `share` has all of them erase, this one included.
        """
        self._share = share
        self._store = store
        self._flusher = flusher
        self._forget = forget
        self._former = former

    def erase(self, site_id: str, first: date, last: date) -> Erased:
        """Erases a site's days from `first` to `last`, both inclusive. Raises NotErased.

        On return no report finds any of it. Files that a report under way still reads go when it
        has ended, also when the process is killed before that.
        """
        period = Period(first, min(last, date.max - timedelta(days=1)) + timedelta(days=1))
        sites = (*self._former(site_id), site_id)
        try:
            share = self._share
            deleted = share(sites, period) if share else self._erase(sites, period)
        except (duckdb.Error, OSError) as error:
            log.error("Nothing was erased", site_id=site_id, reason=str(error))
            why = error if isinstance(error, Unavailable) else said("the log says why")
            raise NotErased(said("nothing was erased; %(why)s", why=why)) from error
        except MallardError as error:
            raise NotErased(words_of(error)) from error
        self._forget_all(site_id, period)
        erased = Erased(
            site_id=site_id,
            start_date=first,
            end_date=last,
            db_records_deleted=sum(one.hot_rows for one in deleted),
            parquet_partitions_deleted=sum(one.partitions for one in deleted),
            events_deleted=sum(one.hot_rows + one.cold_rows for one in deleted),
        )
        log.info(
            "Erased a site's days",
            site_id=site_id,
            start_date=str(first),
            end_date=str(last),
            db_records_deleted=erased.db_records_deleted,
            parquet_partitions_deleted=erased.parquet_partitions_deleted,
            events_deleted=erased.events_deleted,
        )
        return erased

    def erase_before(self, site_id: str, period: Period, before: datetime) -> Deleted:
        """Erases here what all servers erase, but for what in the journal bears a later time.

        Raises OSError, duckdb.Error.
        """
        deleted = self._flusher.delete_what_came_before(site_id, period, before)
        self._forget_all(site_id, period)
        return deleted

    def _erase(self, sites: Sequence[str], period: Period) -> list[Deleted]:
        return [self._flusher.delete_days(own, period, reaches_copies=True) for own in sites]

    def _forget_all(self, site_id: str, period: Period) -> None:
        for forget in self._forget:
            forget(site_id, period)
        finish(self._store)


def erase_site(erasure: Erasure, sites: Sites, site_id: str, version: str | None) -> int:
    """Deletes a site with all it has, its document of this version; how many events that were.

    The document goes last: as long as anything is left, the site is there to be deleted again.
    Raises NotErased, and then all is there; Changed, and then its events are gone.
    """
    erased = erasure.erase(site_id, date.min, date.max)
    if version is not None:
        sites.delete(site_id, version)
    return erased.events_deleted
