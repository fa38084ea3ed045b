"""What all histories have in common: what is told beside the files, and a row's parts as ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from mallard.ingest.decided import Decisions, NothingDecided
from mallard.ingest.pipeline import RawEvent
from mallard.ingest.referrers import named_source, parse_referrer
from mallard.ingest.submission import MAX_URL
from mallard.ingest.urls import MAX_VALUE_LENGTH, BadUrl, Page, parse_page
from mallard.model import EPOCH, Dropped, Event, microseconds
from mallard.texts.said import said, within
from mallard.transfer.histories.names import value
from mallard.transfer.rows import BadRow, to_event

CAMPAIGN = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
Campaign = tuple[str | None, str | None, str | None, str | None, str | None]
"""What a row says of CAMPAIGN."""
NO_CAMPAIGN: Campaign = (None,) * 5
ANY_TIME = 1 << 62
_NOWHERE = "nowhere.invalid"
_NAIVE_EPOCH = EPOCH.replace(tzinfo=None)
_DAY_SECS = 86_400
_AS_SENT = "".join(chr(code) for code in range(0x21, 0x7F))
"""What a browser does not encode in a path, and the percent sign of what is encoded."""


Judge = Callable[[RawEvent], Event | Dropped]
"""What becomes of a request, by the settings and what is decided of its site; raises Rejected."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is said about all rows: their site, and the sites that ids of other products stand for.

    Without a site, a row is of the site that its host is, with or without `www.`. `decisions` has
    the aliases and path rules of sites, and `judge` says what is to become of requests in logs.
    """

    site_id: str | None = None
    sites: Mapping[str, str] = field(default_factory=dict)
    decisions: Decisions = field(default_factory=NothingDecided)
    judge: Callable[[], Judge] | None = None

    def site(self, host: str | None, other_id: str | None = None) -> str:
        """The site of a row. Raises BadRow where nothing tells it."""
        if self.site_id is not None:
            return self.site_id
        if other_id and (found := self._site_of(other_id.lower())):
            return found
        if host is None:
            raise BadRow(said("nothing tells its site; name it by --site"))
        whole = host.lower()
        behind = self.decisions.site_behind(whole)
        return self.decisions.site_behind(whole.removeprefix("www.")) if behind == whole else behind

    def _site_of(self, other_id: str) -> str | None:
        """The site that an id of another product stands for, by the settings or as an alias."""
        site_behind = self.decisions.site_behind
        if (behind := site_behind(other_id)) != other_id:
            return behind
        found = self.sites.get(other_id)
        return site_behind(found) if found else None


def visit(
    told: Told,
    site_id: str,
    visitor_id: str | None,
    at_us: int,
    name: str,
    page: Page,
    from_where: Mapping[str, str | None],
    others: Mapping[str, Any],
) -> Event:
    """The event of these parts, its path by the rules of its site. Raises BadRow."""
    decided = told.decisions.entry(site_id)
    rules = decided.path_rules if decided else None
    cells: dict[str, Any] = {
        "site_id": site_id,
        "visitor_id": visitor_id,
        "timestamp": at_us,
        "event_name": name,
        "pathname": rules.of_event(page.pathname, page.query) if rules else page.pathname,
        "hostname": None if page.hostname == _NOWHERE else page.hostname,
        **from_where,
        **others,
    }
    return to_event(cells, ANY_TIME)


@lru_cache(maxsize=4096)
def page_at(host: str | None, path: str | None, query: str | None = None) -> Page:
    """The page at a path, which may hold its query, of a host. Raises BadRow.

    Others keep paths as people read them, and here they are as browsers send them.
    """
    whole = quote(path, safe=_AS_SENT) if path else "/"
    if not whole.startswith("/"):
        whole = f"/{whole}"
    if query:
        whole = f"{whole}?{query.removeprefix('?')}"
    return page_of(f"https://{host or _NOWHERE}{whole}")


@lru_cache(maxsize=4096)
def page_of(address: str) -> Page:
    """The page of an address. Raises BadRow."""
    try:
        return parse_page(address, _NOWHERE)
    except BadUrl as problem:
        raise BadRow(within(said("the page is none"), problem)) from None


def from_where(
    page: Page, referrer: str | None, source: str | None = None, campaign: Campaign = NO_CAMPAIGN
) -> Mapping[str, str | None]:
    """The columns of referrer, source and campaign.

    `source` and `campaign` are what the row itself says; they come before the page's address.
    """
    of_page = (
        page.utm_source,
        page.utm_medium,
        page.utm_campaign,
        page.utm_content,
        page.utm_term,
    )
    return _from_where(page.hostname, of_page, page.ref, referrer, source, campaign)


@lru_cache(maxsize=4096)
def _from_where(
    hostname: str,
    of_page: Campaign,
    ref: str | None,
    referrer: str | None,
    source: str | None,
    campaign: Campaign,
) -> Mapping[str, str | None]:
    """The same for all pages of a host with the same parameters, which have many paths."""
    found = {
        column: _campaign_value(said) or sent
        for column, said, sent in zip(CAMPAIGN, campaign, of_page, strict=True)
    }
    parsed = parse_referrer(_fitting(value(referrer)), hostname, False)
    named = value(source) or parsed.source or found["utm_source"] or ref
    return {
        "referrer": parsed.url,
        "referrer_source": named_source(named) if named else None,
        **found,
    }


def moment(text: str | None, column: str) -> int:
    """Microseconds since 1970 of an ISO 8601 time, UTC unless it says otherwise. Raises BadRow."""
    try:
        found = datetime.fromisoformat(text or "")
        since = found - (EPOCH if found.tzinfo else _NAIVE_EPOCH)
        return (since.days * _DAY_SECS + since.seconds) * 1_000_000 + since.microseconds
    except (ValueError, OverflowError):
        raise BadRow(
            said("%(name)s is not a time: %(text)s", name=column, text=repr((text or "")[:40]))
        ) from None


@lru_cache(maxsize=4096)
def moment_of_seconds(text: str | None, column: str) -> int:
    """Microseconds since 1970 of a number of seconds. Raises BadRow."""
    try:
        return microseconds(datetime.fromtimestamp(float(text or ""), UTC))
    except (ValueError, OverflowError, OSError):
        raise BadRow(
            said("%(name)s is not a time: %(text)s", name=column, text=repr((text or "")[:40]))
        ) from None


def campaign_of(row: Mapping[str, str]) -> Campaign:
    """What a row says in columns of the names that ours have."""
    get = row.get
    return (
        get("utm_source"),
        get("utm_medium"),
        get("utm_campaign"),
        get("utm_content"),
        get("utm_term"),
    )


def width(text: str | None, behind: str) -> int | None:
    """The first number of a size, as of "1920x1080"; None for what is none."""
    first = (text or "").partition(behind)[0]
    is_number = first.isascii() and first.isdigit() and len(first) < 6
    return int(first) or None if is_number else None


def _campaign_value(said: str | None) -> str | None:
    found = value(said)
    return found[:MAX_VALUE_LENGTH] if found else None


def _fitting(referrer: str | None) -> str | None:
    if referrer is None or len(referrer) <= MAX_URL:
        return referrer
    return referrer.partition("?")[0][:MAX_URL]
