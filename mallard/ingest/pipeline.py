"""The pipeline: what a request says becomes an Event, is dropped for a reason, or is rejected."""

from __future__ import annotations

import enum
import secrets
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import msgspec

from mallard.ingest import bots
from mallard.ingest.agents import Agent, device_type, parse_agent
from mallard.ingest.decided import Decisions, NothingDecided, excluded, ruled
from mallard.ingest.ignoring import IgnoreLinks
from mallard.ingest.limits import TokenBuckets
from mallard.ingest.locations import Locate
from mallard.ingest.long_names import parse_long_names
from mallard.ingest.new_sites import NewSites
from mallard.ingest.origins import Origins, check_site_id
from mallard.ingest.place_records import Location
from mallard.ingest.referrers import named_source, parse_referrer
from mallard.ingest.refusals import Missing, Rejected
from mallard.ingest.spam import is_spam
from mallard.ingest.submission import Fields, Submission, check_fields, parse_body, parse_params
from mallard.ingest.urls import BadUrl, Page, parse_page
from mallard.ingest.visitors import VisitorIds
from mallard.model import (
    ENGAGEMENT,
    PAGEVIEW,
    SILENT,
    VITALS,
    Dropped,
    DropReason,
    Event,
    RejectReason,
    microseconds,
)
from mallard.texts.said import said, within
from mallard.zones.days import UTC as UTC_ZONE
from mallard.zones.days import day_of

MAX_AHEAD = timedelta(minutes=5)
"""So much may the clock of a sender be fast."""
RETRY_WHEN_FULL_SECS = 5
NO_SESSION = {ENGAGEMENT: DropReason.ENGAGEMENT, VITALS: DropReason.PERFORMANCE}
"""Why what a page tells of itself is left out: no session is told of, or none shall be."""
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""There was no web before."""


class Teller(enum.Enum):
    """Who tells of an event, which decides what is believed."""

    ANYBODY = enum.auto()
    KEY_HOLDER = enum.auto()
    OURSELVES = enum.auto()
    """This server, of what it did itself: no limit stands in its way, and programs count."""


class RawEvent(msgspec.Struct, frozen=True):
    """What arrived: a JSON body, what it held, or a query's parameters; and what is told beside it.

    `at` is when it happened, if the sender says so; else that is now.
    """

    content: bytes | Mapping[str, str] | Submission
    user_agent: str
    address: str
    origin: str | None = None
    opted_out: bool = False
    country: str | None = None
    """The country of `address`, where a trusted header tells it."""
    at: datetime | None = None
    teller: Teller = Teller.ANYBODY


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings that decide what is taken and how much of it is kept."""

    site_ids: frozenset[str] = frozenset()
    filter_bots: bool = True
    spammers: frozenset[str] = frozenset()
    """Hosts that are no referrers of people."""
    respect_gpc: bool = False
    strip_referrer_query: bool = False
    suppress_visitor_id: bool = False
    suppress_browser_version: bool = False
    suppress_os_version: bool = False
    suppress_screen_size: bool = False
    record_engagement: bool = True
    """Whether what pages tell of themselves is stored."""
    reserved: frozenset[tuple[str, str]] = frozenset()
    """Sites and names of events that this server tells of, and holders of a key."""


class Pipeline:
    """Runs the steps in the contracted order; pure but for the counts of the limits."""

    def __init__(
        self,
        policy: Policy,
        visitors: VisitorIds,
        locate: Locate,
        limits: TokenBuckets,
        new_sites: NewSites | None = None,
        timer: Callable[[], float] = time.monotonic,
        decisions: Decisions | None = None,
        ignoring: IgnoreLinks | None = None,
    ) -> None:
        self._policy = policy
        self._visitors = visitors
        self._locate = locate
        self._limits = limits
        self._new_sites = NewSites(per_hour=0) if new_sites is None else new_sites
        self._timer = timer
        self._decisions = decisions or NothingDecided()
        self.ignoring = ignoring or IgnoreLinks(secrets.token_hex())
        self.origins = Origins(policy.site_ids, self._decisions.site_behind)

    def process(self, raw: RawEvent, now: datetime) -> Event | Dropped:
        """The event to store, or why it is left out. Raises Rejected."""
        if raw.teller is Teller.OURSELVES:
            return self._judge(raw, _parse(raw.content), now)
        self.origins.check(raw.origin)
        submission = self._submission(raw)
        is_decided = self._decisions.entry(submission.d) is not None
        is_new = not is_decided and self._new_sites.is_new(submission.d)
        if is_new:
            _check_new_site(self._new_sites.wait_secs(self._timer()))
        self._check_rate(submission.d)
        event = self._judge(raw, submission, now)
        if is_new and isinstance(event, Event):
            _check_new_site(self._new_sites.admit(submission.d, self._timer()))
        return event

    def preview(self, raw: RawEvent, now: datetime) -> Event | Dropped:
        """What `process` makes of an event of any origin and rate; nothing is counted."""
        return self._judge(raw, self._submission(raw), now)

    def _submission(self, raw: RawEvent) -> Submission:
        """What was sent, of the site that is meant: its name may be an alias. Raises Rejected."""
        submission = _parse(raw.content)
        sent, submission.d = submission.d, self._decisions.site_behind(submission.d)
        check_site_id(submission.d)
        if not any(map(self.origins.has_site, (sent, submission.d))):
            raise Rejected(403, said("d (site id) is not a site of this instance"))
        self._check_reserved(raw, submission)
        return submission

    def _judge(self, raw: RawEvent, submission: Submission, now: datetime) -> Event | Dropped:
        at = now if raw.at is None else _own_time(raw.at, now)
        fields = check_fields(submission)
        if self.ignoring.marks(fields.url, submission.d, now.date()):
            return Dropped(DropReason.IGNORE_ME)
        if (reason := self._drop_reason(raw, fields)) is not None:
            return Dropped(reason)
        page, location = _page(fields, submission.d), self._locate(raw.address, raw.country)
        day = _day_of(at, self._decisions.zone_of(submission.d))
        if (decided := self._decisions.entry(submission.d)) is not None:
            page, country = ruled(page, decided), location.country_code
            reason = excluded(decided, raw.address, raw.user_agent, country, page)
            if reason is not None:
                return Dropped(reason)
        visitor_id = self._visitor_id(raw, submission.d, day)
        return self._enrich(raw, submission.d, visitor_id, fields, page, location, at)

    def _check_reserved(self, raw: RawEvent, submission: Submission) -> None:
        """Else whoever knows the site could make its counts whatever they like."""
        if raw.teller is Teller.ANYBODY and (submission.d, submission.n) in self._policy.reserved:
            raise Rejected(
                403, said("n (event name) is one that only the server records for this site")
            )

    def _check_rate(self, site_id: str) -> None:
        wait_secs = self._limits.take(site_id, self._timer())
        if wait_secs > 0:
            retry_after_secs = int(wait_secs) + 1
            reason = "d (site id) sends more events than its rate limit allows"
            raise Rejected(429, reason, retry_after_secs)

    def _drop_reason(self, raw: RawEvent, fields: Fields) -> DropReason | None:
        if self._policy.respect_gpc and raw.opted_out:
            return DropReason.OPTED_OUT
        if raw.teller is Teller.OURSELVES:
            return None
        if fields.event_name in SILENT and not self._policy.record_engagement:
            return NO_SESSION[fields.event_name]
        if is_spam(fields.referrer, self._policy.spammers):
            return DropReason.REFERRER_SPAM
        if not self._policy.filter_bots:
            return None
        bot = bots.classify(raw.user_agent)
        if bot is bots.Bot.CRAWLER:
            return DropReason.CRAWLER
        if bot is bots.Bot.CLIENT and fields.event_name == PAGEVIEW:
            return DropReason.HTTP_CLIENT
        return DropReason.AUTOMATED if fields.is_automated else None

    def _enrich(
        self,
        raw: RawEvent,
        site_id: str,
        visitor_id: str,
        fields: Fields,
        page: Page,
        location: Location,
        at: datetime,
    ) -> Event:
        policy = self._policy
        agent = parse_agent(raw.user_agent)
        referrer = parse_referrer(fields.referrer, page.hostname, policy.strip_referrer_query)
        named = page.utm_source or page.ref
        return Event(
            site_id=site_id,
            visitor_id=visitor_id,
            event_name=fields.event_name,
            pathname=page.pathname,
            timestamp=microseconds(at),
            hostname=page.hostname,
            referrer=referrer.url,
            referrer_source=referrer.source or (named_source(named) if named else None),
            utm_source=page.utm_source,
            utm_medium=page.utm_medium,
            utm_campaign=page.utm_campaign,
            utm_content=page.utm_content,
            utm_term=page.utm_term,
            browser=agent.browser,
            browser_version=None if policy.suppress_browser_version else agent.browser_version,
            os=agent.os,
            os_version=None if policy.suppress_os_version else agent.os_version,
            device_type=self._device_type(fields.width, agent),
            screen_size=self._screen_size(fields.width),
            country_code=location.country_code,
            region=location.region,
            city=location.city,
            props=fields.props,
            revenue_amount=fields.revenue_amount,
            revenue_currency=fields.revenue_currency,
        )

    def _visitor_id(self, raw: RawEvent, site_id: str, day: date) -> str:
        if self._policy.suppress_visitor_id:
            return uuid.uuid4().hex
        try:
            return self._visitors.visitor_id(site_id, raw.address, raw.user_agent, day)
        except OSError as error:
            reason = f"the event cannot be stored now: {error.strerror or error}"
            raise Rejected(503, reason, RETRY_WHEN_FULL_SECS) from error

    def _device_type(self, width: int | None, agent: Agent) -> str | None:
        return None if self._policy.suppress_screen_size else device_type(width, agent)

    def _screen_size(self, width: int | None) -> str | None:
        return None if width is None or self._policy.suppress_screen_size else str(width)


def _check_new_site(wait_secs: int) -> None:
    if wait_secs:
        reason = "d (site id) is new, and as many sites as allowed have begun within an hour"
        raise Rejected(429, reason, wait_secs, RejectReason.TOO_MANY_SITES)


def _own_time(at: datetime, now: datetime) -> datetime:
    if at > now + MAX_AHEAD:
        raise Rejected(400, said("timestamp lies more than 5 minutes ahead"))
    if at < EARLIEST:
        raise Rejected(400, said("timestamp lies before %(year)s", year=EARLIEST.year))
    return at.astimezone(UTC)


def _parse(content: bytes | Mapping[str, str] | Submission) -> Submission:
    if isinstance(content, Submission):
        return content
    if not isinstance(content, bytes):
        return parse_params(content)
    try:
        return parse_body(content)
    except Missing:
        submission = parse_long_names(content)
        if submission.d and submission.n and submission.u:
            return submission
        raise


def _page(fields: Fields, site_id: str) -> Page:
    try:
        return parse_page(fields.url, site_id, fields.has_fragment)
    except BadUrl as error:
        raise Rejected(400, within("u (page URL)", error)) from None


def _day_of(at: datetime, zone: str) -> date:
    # To take the zone off a moment costs as much as all the rest of this, ten times over.
    return at.date() if zone == UTC_ZONE else day_of(at.replace(tzinfo=None), zone)
