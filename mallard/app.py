"""A whole instance: its parts put together, started and stopped in order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mallard.assembly import portal
from mallard.assembly.collecting import make_collecting
from mallard.assembly.given import Clock, Given, Timer
from mallard.assembly.storage import Storage, make_storage
from mallard.assembly.tending import make_housekeeping, make_upkeep
from mallard.auth.access import Access, open_access
from mallard.config import Settings
from mallard.erasure import Erasure
from mallard.history import History
from mallard.ingest.addresses import TrustedProxies
from mallard.ingest.arrivals import Arrivals
from mallard.ingest.daily_counts import DailyCounts
from mallard.ingest.flusher import Flusher
from mallard.ingest.intake import Intake
from mallard.ingest.journal import Journal
from mallard.ingest.locations import Locate, Locations
from mallard.metrics import Metrics
from mallard.model import MallardError
from mallard.register.files import Files
from mallard.register.sites import Sites
from mallard.reports.cache import ReportCache
from mallard.reports.desk import ReportDesk
from mallard.retention import Retention
from mallard.store.deletion.days import finish
from mallard.store.engine.directory import DataDirectory, why_unusable
from mallard.store.engine.scratch import Scratch
from mallard.store.parquet.shell_view import refresh_view
from mallard.store.store import Store
from mallard.store.upkeep.days import Upkeep
from mallard.store.upkeep.housekeeping import Housekeeping
from mallard.transfer.instance import LocalInstance

if TYPE_CHECKING:
    from mallard.portal.recording import Recorder


def utc_now() -> datetime:
    """The current time, UTC."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Mallard:
    """All parts of a running instance."""

    settings: Settings
    clock: Clock
    """What time it is."""
    timer: Timer
    """Seconds that pass evenly, for whatever lasts a while: the clock may be set."""
    directory: DataDirectory
    store: Store
    journal: Journal
    flusher: Flusher
    locations: Locations
    intake: Intake
    counts: DailyCounts
    reports: ReportDesk
    retention: Retention
    erasure: Erasure
    history: History
    housekeeping: Housekeeping
    upkeep: Upkeep
    transfer: LocalInstance
    access: Access
    sites: Sites
    proxies: TrustedProxies
    metrics: Metrics
    recorder: Recorder | None
    """Records what happens at the portal, where there is one."""

    def start(self) -> None:
        """Begins everything that runs beside the requests."""
        self.flusher.start()
        self.housekeeping.start()
        self.upkeep.start()

    def stop(self, timeout_secs: float) -> bool:
        """Flushes and closes everything; False when that took too long and was given up."""
        self.housekeeping.stop()
        self.upkeep.stop()
        self.counts.save(self.clock().date())
        if not self.flusher.stop(timeout_secs):
            return False
        finish(self.store)
        refresh_view(self.store.database, self.store.cold)
        self.store.close()
        self.directory.close()
        return True


def build(
    settings: Settings,
    clock: Clock = utc_now,
    locate: Locate | None = None,
    timer: Timer = time.monotonic,
) -> Mallard:
    """Opens the data directory, brings it in order, and builds the parts, not yet started.

    Raises MallardError when the directory cannot be used.
    """
    try:
        directory = DataDirectory(settings.data_dir)
        try:
            directory.check()
            return _build(Given(settings, directory, clock, timer), locate)
        except BaseException:
            directory.close()
            raise
    except OSError as error:
        raise MallardError(why_unusable(settings.data_dir, error)) from error


def _build(given: Given, locate: Locate | None) -> Mallard:
    settings, data_dir = given.settings, given.directory.path
    scratch = Scratch(data_dir, given.directory.insist)
    scratch.clear()
    proxies = _proxies(settings)
    sites = Sites(Files(data_dir, given.directory.insist))
    access = _access(given, proxies)
    storage = make_storage(given, sites.zone_of)
    store, flusher = storage.store, storage.flusher
    cache = ReportCache(settings.cache_ttl_secs, settings.cache_max_entries)
    forget = cache.forget
    retention = Retention(data_dir, store, flusher, settings.retention_days, forget=forget)
    retention.run_at_start(given.clock())
    collecting = make_collecting(given, storage, sites, locate)
    history = _history(storage, sites, forget)
    upkeep = make_upkeep(given, store)
    return Mallard(
        settings=settings,
        clock=given.clock,
        timer=given.timer,
        directory=given.directory,
        store=store,
        journal=storage.journal,
        flusher=flusher,
        locations=collecting.locations,
        intake=collecting.intake,
        counts=collecting.counts,
        reports=_desk(settings, store, cache, flusher),
        retention=retention,
        erasure=_erasure(storage, history, forget, collecting.arrivals),
        history=history,
        housekeeping=make_housekeeping(given, store, collecting, retention, history),
        upkeep=upkeep,
        transfer=LocalInstance(
            data_dir,
            store,
            flusher,
            scratch,
            forget,
            given.clock,
            upkeep,
            collecting.salts.running,
            history,
        ),
        access=access,
        sites=sites,
        proxies=proxies,
        metrics=given.metrics,
        recorder=portal.recorder(settings, collecting.intake),
    )


def _proxies(settings: Settings) -> TrustedProxies:
    networks = [str(network) for network in settings.trusted_proxies]
    return TrustedProxies(networks, settings.client_ip_header, settings.country_header)


def _history(storage: Storage, sites: Sites, forget: Callable[[str], None]) -> History:
    history = History(storage.store, storage.flusher, sites, forget)
    history.settle_at_start()
    return history


def _erasure(
    storage: Storage, history: History, forget: Callable[[str], None], arrivals: Arrivals
) -> Erasure:
    forgetting = (lambda site, _: forget(site), arrivals.forget)
    return Erasure(storage.store, storage.flusher, forgetting, history.former)


def _access(given: Given, proxies: TrustedProxies) -> Access:
    settings = given.settings
    return open_access(
        given.directory.path,
        settings.admin_password,
        settings.session_ttl_secs,
        settings.max_login_attempts,
        settings.login_lockout_secs,
        given.clock,
        given.timer,
        proxies.trusts,
        given.directory.insist,
    )


def _desk(settings: Settings, store: Store, cache: ReportCache, flusher: Flusher) -> ReportDesk:
    return ReportDesk(
        store,
        cache,
        lambda: flusher.bring_in(settings.query_timeout_secs),
        store.has_events,
        settings.max_concurrent_queries,
    )


@contextmanager
def offline(settings: Settings, clock: Clock, locate: Locate | None = None) -> Iterator[Mallard]:
    """A Mallard without a server, for commands; everything is in Parquet on exit."""
    mallard = build(settings, clock, locate)
    try:
        yield mallard
    finally:
        mallard.stop(settings.shutdown_timeout_secs)
