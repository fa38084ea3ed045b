"""Builds the parts from the settings and wires them together; there is no logic here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from mallard.auth.access import Access, open_access
from mallard.config import Settings
from mallard.erasure import Erasure
from mallard.ingest.addresses import TrustedProxies
from mallard.ingest.arrivals import Arrivals
from mallard.ingest.daily_counts import DailyCounts
from mallard.ingest.flusher import Flusher
from mallard.ingest.intake import Intake
from mallard.ingest.journal import Journal
from mallard.ingest.limits import TokenBuckets
from mallard.ingest.locations import Location, Locations
from mallard.ingest.new_sites import NewSites
from mallard.ingest.numbering import Numbering
from mallard.ingest.pipeline import Pipeline, Policy
from mallard.ingest.salts import Salts
from mallard.ingest.visitors import VisitorIds, load_or_create_secret
from mallard.metrics import Metrics
from mallard.model import SESSION_GAP, MallardError
from mallard.reports.cache import ReportCache
from mallard.reports.desk import ReportDesk
from mallard.reports.rollups import ROLLUPS
from mallard.retention import Retention
from mallard.store.deletion.days import finish, resume
from mallard.store.engine.database import Database
from mallard.store.engine.directory import DataDirectory, why_unusable
from mallard.store.engine.scratch import Scratch
from mallard.store.parquet.shell_view import refresh_view
from mallard.store.recovery import recent_visitors, recover
from mallard.store.store import Store
from mallard.store.upkeep.days import Upkeep
from mallard.store.upkeep.housekeeping import Housekeeping, Task
from mallard.transfer.instance import LocalInstance

if TYPE_CHECKING:
    from mallard.portal.recording import Recorder

Clock = Callable[[], datetime]
Timer = Callable[[], float]
Locate = Callable[[str], Location]

REPLACED_STAYS_SECS = 600
"""How long a merged file is kept for those who copy the data directory under load."""


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
    housekeeping: Housekeeping
    upkeep: Upkeep
    transfer: LocalInstance
    access: Access
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
            return _build(settings, clock, timer, locate, directory)
        except BaseException:
            directory.close()
            raise
    except OSError as error:
        raise MallardError(why_unusable(settings.data_dir, error)) from error


def _build(
    settings: Settings, clock: Clock, timer: Timer, locate: Locate | None, directory: DataDirectory
) -> Mallard:
    scratch = Scratch(directory.path)
    scratch.clear()
    metrics = Metrics()
    proxies = TrustedProxies([str(network) for network in settings.trusted_proxies])
    access = _access(settings, directory, clock, timer, proxies)
    store = _store(settings, directory, clock().date(), metrics)
    journal = Journal(directory.path / "journal", directory.insist)
    flusher = Flusher(
        journal, store, settings.flush_interval_secs, settings.journal_sync_ms / 1000, metrics
    )
    flusher.replay()
    finish(store)
    refresh_view(store.database, store.cold)
    _make_portal_views(settings, store)
    cache = ReportCache(settings.cache_ttl_secs, settings.cache_max_entries)
    retention = Retention(
        directory.path, store, flusher, settings.retention_days, forget=cache.forget
    )
    retention.run_at_start(clock())
    locations = Locations(settings.geoip_db_path, settings.geoip_precision, directory.path)
    salts = Salts(
        directory.path / "salts",
        settings.visitor_id_rotation,
        settings.visitor_salt_grace_days,
        clock,
    )
    visitors = _visitors(settings, directory, salts)
    pipeline = _pipeline(settings, visitors, locate or locations.lookup, store, timer)
    arrivals = _arrivals(settings, store, clock())
    intake = Intake(
        pipeline,
        arrivals,
        journal,
        settings.flush_event_count,
        flusher.wake,
        clock,
        _numbering(settings, store, clock().date()),
    )
    counts = DailyCounts(directory.path, intake.tally.counts)
    upkeep = _upkeep(settings, store, clock)
    return Mallard(
        settings=settings,
        clock=clock,
        timer=timer,
        directory=directory,
        store=store,
        journal=journal,
        flusher=flusher,
        locations=locations,
        intake=intake,
        counts=counts,
        reports=ReportDesk(
            store,
            cache,
            lambda: flusher.bring_in(settings.query_timeout_secs),
            store.has_events,
            settings.max_concurrent_queries,
        ),
        retention=retention,
        erasure=Erasure(store, flusher, (lambda site, _: cache.forget(site), arrivals.forget)),
        housekeeping=_housekeeping(store, locations, counts, retention, clock, visitors, salts),
        upkeep=upkeep,
        transfer=LocalInstance(
            directory.path,
            store,
            flusher,
            scratch,
            cache.forget,
            clock,
            upkeep,
            salts.running,
        ),
        access=access,
        proxies=proxies,
        metrics=metrics,
        recorder=_recorder(settings, intake),
    )


def _store(settings: Settings, directory: DataDirectory, today: date, metrics: Metrics) -> Store:
    """The store, after what a start does before anything is served."""
    database = Database(
        directory.path,
        today,
        settings.duckdb_threads,
        settings.duckdb_memory_limit,
        directory.insist,
    )
    store = Store(directory.path, database, settings.query_timeout_secs, metrics, ROLLUPS)
    resume(store)
    recover(store)
    return store


def _housekeeping(
    store: Store,
    locations: Locations,
    counts: DailyCounts,
    retention: Retention,
    clock: Clock,
    visitors: VisitorIds,
    salts: Salts,
) -> Housekeeping:
    return Housekeeping(
        [
            Task("locations", 10, locations.refresh),
            Task("sweep", 60, store.cold.sweep),
            Task("erasures", 10, lambda: finish(store)),
            Task("counts", 60, lambda: counts.save(clock().date())),
            Task("replaced", 60, lambda: store.cold.discard_replaced(REPLACED_STAYS_SECS)),
            Task("ids", 60, visitors.forget),
            Task("salts", 60, salts.look),
            Task("retention", 60, lambda: retention.run_if_due(clock())),
        ]
    )


def _access(
    settings: Settings,
    directory: DataDirectory,
    clock: Clock,
    timer: Timer,
    proxies: TrustedProxies,
) -> Access:
    return open_access(
        directory.path,
        settings.admin_password,
        settings.session_ttl_secs,
        settings.max_login_attempts,
        settings.login_lockout_secs,
        clock,
        timer,
        proxies.trusts,
    )


def _visitors(settings: Settings, directory: DataDirectory, salts: Salts) -> VisitorIds:
    secret = settings.secret or load_or_create_secret(directory.path / ".secret")
    is_random = settings.visitor_salts == "random"
    return VisitorIds(secret, settings.visitor_id_rotation, salts if is_random else None)


def _pipeline(
    settings: Settings, visitors: VisitorIds, locate: Locate, store: Store, timer: Timer
) -> Pipeline:
    policy = Policy(
        site_ids=frozenset(settings.site_ids),
        filter_bots=settings.filter_bots,
        respect_gpc=settings.respect_gpc,
        strip_referrer_query=settings.strip_referrer_query,
        suppress_visitor_id=settings.suppress_visitor_id,
        suppress_browser_version=settings.suppress_browser_version,
        suppress_os_version=settings.suppress_os_version,
        suppress_screen_size=settings.suppress_screen_size,
        reserved=_reserved(settings),
    )
    rates = TokenBuckets(settings.rate_limit_per_site)
    per_hour = 0 if settings.site_ids else settings.max_new_sites_per_hour
    return Pipeline(policy, visitors, locate, rates, NewSites(per_hour, store.sites()), timer)


def _reserved(settings: Settings) -> frozenset[tuple[str, str]]:
    if settings.portal is None:
        return frozenset()
    from mallard.portal.recording import SERIES

    return frozenset((settings.portal.site_id, name) for name in SERIES)


def _numbering(settings: Settings, store: Store, today: date) -> Numbering | None:
    if settings.portal is None:
        return None
    from mallard.portal.recording import SERIES, last_numbers

    last = last_numbers(store, settings.portal.site_id, today)
    return Numbering(settings.portal.site_id, SERIES, last)


def _make_portal_views(settings: Settings, store: Store) -> None:
    if settings.portal is None:
        return
    from mallard.portal.views import definitions

    with store.database.writer() as writer:
        for definition in definitions(settings.portal.site_id):
            writer.execute(definition)


def _recorder(settings: Settings, intake: Intake) -> Recorder | None:
    if settings.portal is None:
        return None
    from mallard.portal.recording import Recorder

    is_reduced = settings.suppress_browser_version or settings.suppress_os_version
    return Recorder(settings.portal.site_id, intake, keeps_agents=not is_reduced)


def _upkeep(settings: Settings, store: Store, clock: Clock) -> Upkeep:
    """For it a day is over when its last events are in files, too, so that it is seen to once."""
    until_in_files = timedelta(seconds=2 * settings.flush_interval_secs)
    return Upkeep(store, lambda: (clock() - until_in_files).date())


def _arrivals(settings: Settings, store: Store, now: datetime) -> Arrivals:
    arrivals = Arrivals(settings.round_timestamps)
    since = now - SESSION_GAP
    if settings.round_timestamps:
        since = since.replace(minute=0, second=0, microsecond=0)
    # Who is in there later than this was there when the clock was wrong.
    arrivals.restore(recent_visitors(store, since, now + SESSION_GAP))
    return arrivals


@contextmanager
def offline(settings: Settings, clock: Clock, locate: Locate | None = None) -> Iterator[Mallard]:
    """A Mallard without a server, for commands; everything is in Parquet on exit."""
    mallard = build(settings, clock, locate)
    try:
        yield mallard
    finally:
        mallard.stop(settings.shutdown_timeout_secs)
