"""Changes what is stored of a site after it was stored, on request: its paths, and whose it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from threading import Lock

import duckdb
import structlog

from mallard.ingest.flusher import Flusher
from mallard.model import NOT_BY_ONE_OF_SEVERAL, MallardError, Period
from mallard.register.aliases import BadAlias
from mallard.register.sites import Sites
from mallard.reports.query import is_site_id
from mallard.store.engine.database import Connection
from mallard.store.parquet.partitions import (
    Partition,
    directory_name,
    files_on_disk,
    remove_if_empty,
)
from mallard.store.store import Store
from mallard.store.upkeep.moving import move
from mallard.store.upkeep.rewriting import Changes, Rewritten, rewrite
from mallard.texts.said import said, within

log = structlog.get_logger("mallard.history")

EVER = Period(date.min, date.max)


class NotDone(MallardError):
    """What could not be done, or not all of it; the text says what becomes of it."""


class History:
    """What is stored of sites, for those who decide otherwise afterwards."""

    def __init__(
        self,
        store: Store,
        flusher: Flusher,
        sites: Sites,
        forget: Callable[[str], None],
        is_alone: bool = True,
    ) -> None:
        """Unless it `is_alone`, other servers have the events, too, and nothing is changed."""
        self._is_alone = is_alone
        self._store = store
        self._flusher = flusher
        self._sites = sites
        self._forget = forget
        self._lock = Lock()

    def rewrite_paths(self, site_id: str, is_trial: bool) -> Rewritten:
        """Makes of a site's stored paths what its path rules make of those that come in.

        A trial only tells what that would be. Each day is rewritten as a whole; whoever is
        interrupted begins again, and what is done is left as it is. Raises MallardError.
        """
        self._insist_on_being_alone()
        entry = self._sites.entry(site_id)
        if entry is None or entry.path_rules is None:
            raise MallardError(
                said(
                    "%(site_id)s has no path rules; set them on its settings page first",
                    site_id=site_id,
                )
            )
        self._roll()
        ruled, changes = entry.path_rules.of_history, Changes()
        with self._writing(said("not all days could be rewritten; try again")) as connection:
            for partition in self._days(site_id):
                changes.add(rewrite(self._store, connection, partition, ruled, is_trial))
        self._forget(site_id)
        done = changes.summed_up()
        if not is_trial:
            log.info("Rewrote a site's paths", site_id=site_id, days=done.days, events=done.events)
        return done

    def rename(self, source: str, target: str) -> None:
        """Gives a site another id, of which there is none yet; the old one becomes an alias.

        Raises BadAlias, OSError; NotDone, and then what is stored follows later.
        """
        self._insist_on_being_alone()
        with self._lock:
            self._sites.check_new_id(source, target)
            self._insist_on_room(target)
            self._sites.rename(source, target)
            log.info("Renamed a site", site_id=source, to=target)
            self._bring_home()

    def merge(self, source: str, target: str) -> None:
        """Makes all that a site has another one's, and its id an alias. Raises as `rename` does."""
        self._insist_on_being_alone()
        with self._lock:
            self._sites.merge(source, target)
            log.info("Merged a site into another", site_id=source, into=target)
            self._bring_home()

    def settle(self) -> None:
        """Moves what is stored by the names of aliases to where it belongs. Raises NotDone."""
        with self._lock:
            self._settle()

    def former(self, site_id: str) -> list[str]:
        """The aliases of a site by whose names something is stored, or may lie on the disk."""
        merged = self._sites.merged_into(site_id)
        left = {name for name, site in self._left() if site == site_id}
        replaced = self._store.cold.replaced_dir
        return [
            name
            for name in filter(is_site_id, self._sites.of(site_id).aliases)
            if name in merged or name in left or (replaced / directory_name(name)).exists()
        ]

    def settle_at_start(self) -> None:
        """As `settle`, but a failure is only logged: a full disk must not prevent a start."""
        try:
            self.settle()
        except NotDone as error:
            log.error("Events of a former site wait to be moved", reason=str(error))

    def _bring_home(self) -> None:
        """Moves what was accepted before the names had changed, some of it only just."""
        self._roll()
        self._settle()
        self._roll()
        self._settle()

    def _settle(self) -> None:
        for source, target in self._left():
            if self._store.hot_rows():
                self._roll()
            with self._writing(
                said("the events follow as soon as they can be moved")
            ) as connection:
                for partition in self._days(source):
                    move(self._store, connection, partition, target)
            remove_if_empty(self._store.cold.partitions.root / directory_name(source))
            self._move_imported(source, target)
            for site_id in (source, target):
                self._forget(site_id)

    def _move_imported(self, source: str, target: str) -> None:
        try:
            self._store.cutter.move(source, target)
        except (duckdb.Error, OSError) as error:
            raise NotDone(within(said("imported figures cannot be moved yet"), error)) from error

    def _left(self) -> list[tuple[str, str]]:
        """Aliases by whose names something is stored, each with the site that it stands for.

        They were sites, or it was imported.
        """
        aliases = self._sites.aliases()
        stored = {*self._store.sites(), *self._store.imported.sites()} if aliases else ()
        return [(name, site) for name, site in aliases.items() if name in stored]

    def _insist_on_room(self, site_id: str) -> None:
        """That nothing is stored of an id, and no file is left of a site that once had it."""
        if self._store.has_events(site_id) or self._store.imported.has(site_id):
            raise BadAlias(
                said("%(site)s has events already; the site can be merged into it", site=site_id)
            )
        cold = self._store.cold
        cold.sweep()
        cold.discard_replaced()
        for root in (cold.partitions.root, cold.replaced_dir):
            if files_on_disk(root, site_id, EVER):
                raise NotDone(
                    said(
                        "reports still read what %(site_id)s had; try again in a minute",
                        site_id=site_id,
                    )
                )

    def _insist_on_being_alone(self) -> None:
        if not self._is_alone:
            raise NotDone(NOT_BY_ONE_OF_SEVERAL)

    def _days(self, site_id: str) -> list[Partition]:
        days = sorted(self._store.cold.partitions.days(site_id))
        return [Partition(site_id, day) for day in days]

    def _roll(self) -> None:
        if not self._flusher.roll():
            raise NotDone(said("events cannot be written to Parquet; is the disk full?"))

    @contextmanager
    def _writing(self, otherwise: str) -> Iterator[Connection]:
        """A connection; what fails becomes NotDone, with what becomes of it then."""
        try:
            with self._store.database.side_writer() as connection:
                yield connection
        except (duckdb.Error, OSError) as error:
            raise NotDone(within(otherwise, error)) from error
