"""A whole instance: its parts put together, started and stopped in order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mallard.assembly import portal
from mallard.assembly.changing import make_erasure, make_history, make_transfer
from mallard.assembly.clustering import Decided, insist_on_the_cluster, make_node, make_register
from mallard.assembly.collecting import Collecting, make_collecting
from mallard.assembly.given import Clock, Given, Timer
from mallard.assembly.histories import make_uploads
from mallard.assembly.storage import Storage, make_storage
from mallard.assembly.telling import Telling, make_telling
from mallard.assembly.tending import make_housekeeping, make_upkeep
from mallard.auth.access import Access, open_access
from mallard.config import Settings
from mallard.erasure import Erasure
from mallard.history import History
from mallard.ingest.addresses import TrustedProxies
from mallard.ingest.daily_counts import DailyCounts
from mallard.ingest.flusher import Flusher
from mallard.ingest.intake import Intake
from mallard.ingest.journal import Journal
from mallard.ingest.locations import Locate, Locations
from mallard.metrics import Metrics
from mallard.model import MallardError
from mallard.people.accounts import Accounts, make_accounts
from mallard.register.instance import TheInstance
from mallard.register.people import People
from mallard.register.port import Register
from mallard.register.sites import Sites
from mallard.reports.cache import ReportCache
from mallard.reports.desk import ReportDesk
from mallard.reports.imported import Adding
from mallard.retention import Retention
from mallard.store.deletion.days import finish
from mallard.store.engine.directory import DataDirectory, why_unusable
from mallard.store.engine.scratch import Scratch
from mallard.store.parquet.shell_view import refresh_view
from mallard.store.store import Store
from mallard.store.upkeep.days import Upkeep
from mallard.store.upkeep.housekeeping import Housekeeping
from mallard.transfer.instance import LocalInstance
from mallard.transfer.uploads import Uploads

if TYPE_CHECKING:
    from mallard.cluster.node import Node
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
    uploads: Uploads
    access: Access
    instance: TheInstance
    accounts: Accounts
    sites: Sites
    proxies: TrustedProxies
    metrics: Metrics
    telling: Telling
    """Tells people who are not looking."""
    recorder: Recorder | None
    """Records what happens at the portal, where there is one."""
    node: Node | None
    """Shares events with other servers, where there are several."""

    def join(self) -> None:
        """Becomes one of several servers, where there are. Raises MallardError."""
        if self.node is not None:
            self.node.join()

    def start(self) -> None:
        """Begins everything that runs beside the requests."""
        self.flusher.start()
        self.housekeeping.start()
        self.upkeep.start()
        self.telling.start()
        if self.node is not None:
            self.node.start()

    def stop(self, timeout_secs: float) -> bool:
        """Flushes and closes everything; False when that took too long and was given up."""
        self.telling.stop()
        if self.node is not None:
            self.node.stop()
        self.housekeeping.stop()
        self.upkeep.stop()
        self.counts.save(self.clock().date())
        if not self.flusher.stop(timeout_secs):
            return False
        if self.node is not None:
            self.node.finish()
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
    insist_on_the_cluster(given)
    scratch = Scratch(data_dir, given.directory.insist)
    scratch.clear()
    proxies = _proxies(settings)
    register = make_register(given)
    decided = _decided(given, register, proxies)
    sites, access = decided.sites, decided.access
    storage = make_storage(given, sites.zone_of)
    store, flusher = storage.store, storage.flusher
    cache = ReportCache(settings.cache_ttl_secs, settings.cache_max_entries)
    forget = cache.forget
    node = make_node(storage, register, decided)
    retention = _retention(given, storage, forget, node)
    collecting = _collecting(given, storage, sites, locate, node)
    history = make_history(given, storage, sites, forget)
    upkeep, desk = make_upkeep(given, store), _desk(settings, store, cache, flusher)
    transfer = make_transfer(given, storage, scratch, forget, upkeep, collecting, history)
    uploads = make_uploads(given, scratch, transfer, sites)
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
        reports=desk,
        retention=retention,
        erasure=make_erasure(given, storage, history, forget, collecting.arrivals, node),
        history=history,
        housekeeping=make_housekeeping(given, store, collecting, retention, history, uploads.sweep),
        upkeep=upkeep,
        transfer=transfer,
        uploads=uploads,
        access=access,
        instance=decided.instance,
        accounts=decided.accounts,
        sites=sites,
        proxies=proxies,
        metrics=given.metrics,
        telling=make_telling(given, sites, decided.instance, desk, lambda: access.is_open),
        recorder=portal.recorder(settings, collecting.intake),
        node=node,
    )


def _collecting(
    given: Given, storage: Storage, sites: Sites, locate: Locate | None, node: Node | None
) -> Collecting:
    """The way in for events, which other servers have to do with where there are several."""
    collecting = make_collecting(given, storage, sites, locate)
    if node:
        node.tells(collecting.arrivals)
        node.divides(collecting.limits)
        node.shares(collecting.salts, collecting.visitors.forget)
    return collecting


def _retention(
    given: Given, storage: Storage, forget: Callable[[str], None], node: Node | None
) -> Retention:
    """What deletes old days, and has done so once."""
    days, store = given.settings.retention_days, storage.store
    retention = Retention(given.directory.path, store, storage.flusher, days, forget=forget)
    retention.run_at_start(given.clock())
    if node:
        node.keeps_from(lambda: retention.kept_from)
    return retention


def _proxies(settings: Settings) -> TrustedProxies:
    networks = [str(network) for network in settings.trusted_proxies]
    return TrustedProxies(networks, settings.client_ip_header, settings.country_header)


def _decided(given: Given, register: Register, proxies: TrustedProxies) -> Decided:
    """What is made of the register, as it is now."""
    instance, people = TheInstance(register), People(register)
    access = _access(given, register, proxies, people)
    accounts = _accounts(given, people, access)
    return Decided(Sites(register, instance.default_zone), instance, people, access, accounts)


def _access(given: Given, register: Register, proxies: TrustedProxies, people: People) -> Access:
    settings = given.settings
    return open_access(
        register,
        given.directory.path,
        settings.admin_password,
        settings.session_ttl_secs,
        settings.max_login_attempts,
        settings.login_lockout_secs,
        given.clock,
        given.timer,
        proxies.trusts,
        given.directory.insist,
        people.rights_of,
    )


def _accounts(given: Given, people: People, access: Access) -> Accounts:
    settings = given.settings
    return make_accounts(
        people,
        access,
        settings.max_login_attempts,
        settings.login_lockout_secs,
        given.clock,
        given.timer,
    )


def _desk(settings: Settings, store: Store, cache: ReportCache, flusher: Flusher) -> ReportDesk:
    return ReportDesk(
        store,
        cache,
        lambda: flusher.bring_in(settings.query_timeout_secs),
        store.has_events,
        settings.max_concurrent_queries,
        Adding(store.imported, store.days),
    )


@contextmanager
def offline(settings: Settings, clock: Clock, locate: Locate | None = None) -> Iterator[Mallard]:
    """A Mallard without a server, for commands; everything is in Parquet on exit."""
    mallard = build(settings, clock, locate)
    try:
        yield mallard
    finally:
        mallard.stop(settings.shutdown_timeout_secs)
