"""Makes what an event comes in by: the pipeline, and what it asks on the way."""

from __future__ import annotations

from dataclasses import dataclass

from mallard.assembly import portal
from mallard.assembly.given import Given
from mallard.assembly.storage import Storage
from mallard.config import Settings
from mallard.ingest.arrivals import Arrivals
from mallard.ingest.daily_counts import DailyCounts
from mallard.ingest.decided import Decisions
from mallard.ingest.ignoring import IgnoreLinks
from mallard.ingest.intake import Intake
from mallard.ingest.limits import TokenBuckets
from mallard.ingest.locations import Locate, Locations
from mallard.ingest.new_sites import NewSites
from mallard.ingest.origins import EVERY
from mallard.ingest.pipeline import Pipeline, Policy
from mallard.ingest.salts import Salts
from mallard.ingest.spam import kept_spammers, read_spammers
from mallard.ingest.visitors import VisitorIds, load_or_create_secret
from mallard.model import SESSION_GAP
from mallard.store.recovery import recent_visitors
from mallard.store.store import Store


@dataclass(frozen=True, slots=True)
class Collecting:
    """The way in for events, and those of its parts that others have to do with."""

    intake: Intake
    arrivals: Arrivals
    locations: Locations
    counts: DailyCounts
    salts: Salts
    visitors: VisitorIds
    limits: tuple[TokenBuckets, NewSites]


def make_collecting(
    given: Given, storage: Storage, decisions: Decisions, locate: Locate | None
) -> Collecting:
    """`locate` takes the place of the location database. Raises MallardError, OSError."""
    settings, data_dir = given.settings, given.directory.path
    insist = given.directory.insist
    locations = Locations(
        settings.geoip_db_path,
        settings.geoip_precision,
        data_dir,
        insist,
        settings.geoip_builtin,
    )
    salts = Salts(
        data_dir / "salts",
        settings.visitor_id_rotation,
        settings.visitor_salt_grace_days,
        given.clock,
        insist=insist,
        zones=decisions.zones,
    )
    visitors = _visitors(given, salts)
    arrivals = _arrivals(given, storage.store)
    limits = _limits(settings, storage.store)
    intake = Intake(
        _pipeline(given, visitors, locate or locations.lookup, limits, decisions),
        arrivals,
        storage.journal,
        settings.flush_event_count,
        storage.flusher.wake,
        given.clock,
        portal.numbering(settings, storage.store, given.clock().date()),
    )
    counts = DailyCounts(data_dir, intake.tally.counts, insist)
    return Collecting(intake, arrivals, locations, counts, salts, visitors, limits)


def _visitors(given: Given, salts: Salts) -> VisitorIds:
    settings = given.settings
    is_random = settings.visitor_salts == "random"
    return VisitorIds(_secret(given), settings.visitor_id_rotation, salts if is_random else None)


def _secret(given: Given) -> str:
    return given.settings.secret or load_or_create_secret(given.directory.path / ".secret")


def _limits(settings: Settings, store: Store) -> tuple[TokenBuckets, NewSites]:
    rates = TokenBuckets(settings.rate_limit_per_site)
    is_bounded = settings.site_ids and not any(s.startswith(EVERY) for s in settings.site_ids)
    per_hour = 0 if is_bounded else settings.max_new_sites_per_hour
    return rates, NewSites(per_hour, store.sites())


def _pipeline(
    given: Given,
    visitors: VisitorIds,
    locate: Locate,
    limits: tuple[TokenBuckets, NewSites],
    decisions: Decisions,
) -> Pipeline:
    settings = given.settings
    return Pipeline(
        policy_of(settings),
        visitors,
        locate,
        *limits,
        given.timer,
        decisions,
        IgnoreLinks(_secret(given)),
    )


def policy_of(settings: Settings) -> Policy:
    return Policy(
        site_ids=frozenset(settings.site_ids),
        filter_bots=settings.filter_bots,
        spammers=_spammers(settings),
        respect_gpc=settings.respect_gpc,
        strip_referrer_query=settings.strip_referrer_query,
        suppress_visitor_id=settings.suppress_visitor_id,
        suppress_browser_version=settings.suppress_browser_version,
        suppress_os_version=settings.suppress_os_version,
        suppress_screen_size=settings.suppress_screen_size,
        record_engagement=settings.record_engagement,
        reserved=portal.reserved(settings),
    )


def _spammers(settings: Settings) -> frozenset[str]:
    if not settings.filter_referrer_spam:
        return frozenset()
    own = settings.referrer_spam_list
    return kept_spammers() if own is None else read_spammers(own)


def _arrivals(given: Given, store: Store) -> Arrivals:
    arrivals = Arrivals(given.settings.round_timestamps)
    now = given.clock()
    since = now - SESSION_GAP
    if given.settings.round_timestamps:
        since = since.replace(minute=0, second=0, microsecond=0)
    # Who is in there later than this was there when the clock was wrong.
    arrivals.restore(recent_visitors(store, since, now + SESSION_GAP))
    return arrivals
