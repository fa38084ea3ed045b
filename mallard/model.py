"""What flows through Mallard: the event, what became of a refused one, and spans of days."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from mallard.texts.said import said
from mallard.zones.days import UTC as UTC_ZONE
from mallard.zones.days import day_begins

PAGEVIEW = "pageview"
ENGAGEMENT = "engagement"
VITALS = "vitals"
SILENT = (ENGAGEMENT, VITALS)
"""Events in which pages tell of themselves: nothing that a visitor did, but what follows on it."""
SESSION_GAP = timedelta(minutes=30)
"""A visitor's events further apart than this belong to different sessions; exactly this is one."""

MAX_SITE_ID = 256
SITE_ID_PATTERN = r"^(?!.*\.\.)[A-Za-z0-9._:-]+$"
SITE_ID_FORM = {"minLength": 1, "maxLength": MAX_SITE_ID, "pattern": SITE_ID_PATTERN}
"""What may be the id of a site, in the words of JSON Schema."""


class Event(msgspec.Struct, omit_defaults=True):
    """One enriched event, in the documented columns; `timestamp` is UTC microseconds since 1970.

    It carries no address and no raw user agent: whatever holds an Event may be stored.
    """

    site_id: str
    visitor_id: str
    event_name: str
    pathname: str
    timestamp: int = 0
    hostname: str | None = None
    referrer: str | None = None
    referrer_source: str | None = None
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_content: str | None = None
    utm_term: str | None = None
    browser: str | None = None
    browser_version: str | None = None
    os: str | None = None
    os_version: str | None = None
    device_type: str | None = None
    screen_size: str | None = None
    country_code: str | None = None
    region: str | None = None
    city: str | None = None
    props: str | None = None
    revenue_amount: str | None = None
    revenue_currency: str | None = None


class DropReason(enum.StrEnum):
    """Why an event that was answered 202 is not stored."""

    CRAWLER = "crawler"
    HTTP_CLIENT = "http_client"
    AUTOMATED = "automated"
    REFERRER_SPAM = "referrer_spam"
    OPTED_OUT = "opted_out"
    IGNORE_ME = "ignore_me"
    IDENTIFY = "identify"
    PERFORMANCE = "performance"
    ENGAGEMENT = "engagement"
    EXCLUDED_ADDRESS = "excluded_address"
    EXCLUDED_COUNTRY = "excluded_country"
    EXCLUDED_HOSTNAME = "excluded_hostname"
    EXCLUDED_PATH = "excluded_path"
    EXCLUDED_USER_AGENT = "excluded_user_agent"


class RejectReason(enum.StrEnum):
    """Why an event was refused."""

    INVALID = "invalid"
    FORBIDDEN = "forbidden"
    TOO_LARGE = "too_large"
    WRONG_TYPE = "wrong_type"
    RATE_LIMITED = "rate_limited"
    TOO_MANY_SITES = "too_many_sites"
    NOT_STORED = "not_stored"


class FailReason(enum.StrEnum):
    """Why what another server has did not get through the portal."""

    UNREACHABLE = "unreachable"
    SLOW = "slow"
    REFUSED = "refused"
    REDIRECTED = "redirected"
    BROKEN_OFF = "broken_off"


@dataclass(frozen=True, slots=True)
class Dropped:
    """An event that was understood and left out on purpose."""

    reason: DropReason


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `start`, inclusive, to `end`, exclusive; empty when they are equal.

    They are those of a time `zone`.
    """

    start: date
    end: date
    zone: str = UTC_ZONE

    @property
    def days(self) -> list[date]:
        """Every day of the period, ascending."""
        return [self.start + timedelta(days=n) for n in range((self.end - self.start).days)]

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    @property
    def begins_at(self) -> datetime:
        """The moment at which it begins: UTC, without a zone."""
        return day_begins(self.start, self.zone)

    @property
    def ends_at(self) -> datetime:
        """The moment at which it is over, likewise."""
        return day_begins(self.end, self.zone)

    @property
    def in_utc(self) -> Period:
        """All days of UTC of which it has a part."""
        if self.zone == UTC_ZONE:
            return self
        begins, ends = self.begins_at, self.ends_at
        if begins == ends:
            return Period(begins.date(), begins.date())
        last = (ends - timedelta(microseconds=1)).date()
        return Period(begins.date(), last + timedelta(days=1))


def microseconds(moment: datetime) -> int:
    """UTC microseconds since 1970 of an aware datetime, exactly."""
    return (moment - EPOCH) // timedelta.resolution


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def midnight_us(day: date) -> int:
    """UTC microseconds since 1970 of a day's beginning."""
    return microseconds(datetime.combine(day, time.min, UTC))


class MallardError(Exception):
    """A failure with a message fit for the person who runs Mallard."""


NOT_BY_ONE_OF_SEVERAL = said(
    "nothing was changed: several servers share these events, and what one of them imports, renames"
    " or rewrites does not reach the others yet"
)


class Unavailable(MallardError):
    """What cannot be had now, and may be had later."""


class BrokenOff(Exception):
    """The rest of an answer does not come: the client is told by the end of the connection."""
