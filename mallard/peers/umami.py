"""What Umami's tracker and its clients post to `/api/send` becomes our events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import msgspec
from msgspec import field

from mallard.ingest.addresses import TrustedProxies
from mallard.ingest.collect import raw_event
from mallard.ingest.intake import Intake
from mallard.ingest.pipeline import RawEvent
from mallard.ingest.refusals import Rejected
from mallard.ingest.revenue import MAX_REVENUE
from mallard.ingest.submission import MAX_URL, Submission
from mallard.model import PAGEVIEW, Dropped, DropReason

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PATH = "/api/send"
EVENT = "event"
NOT_STORED = {"identify": DropReason.IDENTIFY, "performance": DropReason.PERFORMANCE}
"""The types that are answered and nothing else: who somebody is, and how fast a page was."""


class Payload(msgspec.Struct):
    """What of a payload becomes an event; everything else in it is passed over."""

    website: str
    hostname: str | None = None
    url: str | None = None
    referrer: str | None = None
    screen: str | None = None
    tag: str | None = None
    name: str | None = None
    data: dict[str, Any] | None = None
    ip: str | None = None
    user_agent: str | None = field(name="userAgent", default=None)
    timestamp: int | float | None = None


class Sent(msgspec.Struct):
    """The body of a request."""

    type: str
    payload: Payload


_decoder = msgspec.json.Decoder(Sent)


class Umami:
    """Takes in what is sent for the websites that stand for sites of ours, by their ids.

    A website that the settings do not name may be an alias of a site.
    """

    def __init__(
        self,
        intake: Intake,
        proxies: TrustedProxies,
        websites: Mapping[str, str],
        site_behind: Callable[[str], str],
    ) -> None:
        self._intake = intake
        self._proxies = proxies
        self._sites = {website.lower(): site_id for website, site_id in websites.items()}
        self._site_behind = site_behind

    def take(self, environ: WSGIEnvironment, body: bytes) -> Dropped | None:
        """Returns once the event is on the journal, or why it was left out. Raises Rejected."""
        try:
            found = self._read(environ, body)
            if isinstance(found, RawEvent):
                return self._intake.take(found)
        except Rejected as rejected:
            self._intake.refuse(rejected)
            raise
        self._intake.tally.add(f"dropped_{found.reason}")
        return found

    def _read(self, environ: WSGIEnvironment, body: bytes) -> RawEvent | Dropped:
        sent = _parse(body)
        site_id = self._site(sent.payload.website.lower())
        if (reason := NOT_STORED.get(sent.type)) is not None:
            return Dropped(reason)
        if sent.type != EVENT:
            raise Rejected(400, f"type must be one of {', '.join((EVENT, *NOT_STORED))}")
        raw = raw_event(environ, b"", self._proxies)
        # The id of a website, which its own pages carry, takes the place of the look at the origin.
        raw = replace(raw, content=_submission(site_id, sent.payload), origin=None)
        return self._on_behalf(raw, sent.payload) if self._is_server(environ) else raw

    def _site(self, website: str) -> str:
        """The site that a website stands for, by the settings or as an alias. Raises Rejected."""
        if (named := self._sites.get(website)) is not None:
            return named
        if (behind := self._site_behind(website)) == website:
            raise Rejected(400, "Website not found.")
        return behind

    def _is_server(self, environ: WSGIEnvironment) -> bool:
        """Whether it comes from a machine that is trusted, and not through it from elsewhere."""
        is_forwarded = "HTTP_X_FORWARDED_FOR" in environ or "HTTP_X_REAL_IP" in environ
        return not is_forwarded and self._proxies.trusts(environ.get("REMOTE_ADDR", ""))

    def _on_behalf(self, raw: RawEvent, payload: Payload) -> RawEvent:
        """The event with the address, user agent and time that a server tells of its client."""
        if payload.ip is not None:
            hop = self._proxies.hop(payload.ip)
            if hop is None:
                raise Rejected(400, "ip is not an IP address")
            raw = replace(raw, address=hop.address, country=None)
        if payload.user_agent is not None:
            raw = replace(raw, user_agent=payload.user_agent)
        return replace(raw, at=_moment(payload.timestamp))


def _parse(body: bytes) -> Sent:
    try:
        return _decoder.decode(body.decode())
    except msgspec.ValidationError as error:
        raise Rejected(400, str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Rejected(400, "the body is not valid JSON") from None


def _submission(site_id: str, payload: Payload) -> Submission:
    page = f"https://{payload.hostname or site_id}/"
    props = payload.data or {}
    amount, currency = _revenue(props)
    return Submission(
        d=site_id,
        n=payload.name or PAGEVIEW,
        u=_resolved(page, payload.url),
        r=_resolved(page, payload.referrer) if payload.referrer else None,
        w=_width(payload.screen),
        p=({"tag": payload.tag} | props if payload.tag else props) or None,
        ra=amount,
        rc=currency,
    )


def _resolved(page: str, address: str | None) -> str:
    """The address of a path on the page's host; whole addresses stay as they are."""
    try:
        whole = urljoin(page, address)
    except ValueError:
        raise Rejected(400, "url and referrer must be addresses or paths") from None
    # A page with a very long query counts, too.
    return whole if len(whole) <= MAX_URL else whole.partition("?")[0]


def _width(screen: str | None) -> int | None:
    """The width of a screen that is told as "1920x1080"."""
    width = (screen or "").partition("x")[0]
    return int(width) if width.isascii() and width.isdigit() and len(width) < 6 else None


def _revenue(props: Mapping[str, Any]) -> tuple[float | None, str | None]:
    """The amount and currency among an event's properties, when there are both and they fit.

    What does not fit is no revenue, and the event counts all the same.
    """
    amount, currency = _amount(props.get("revenue")), props.get("currency")
    if amount is None or not isinstance(currency, str):
        return None, None
    is_code = len(currency) == 3 and currency.isascii() and currency.isalpha()
    return (amount, currency) if is_code and 0 < amount <= MAX_REVENUE else (None, None)


def _amount(value: Any) -> float | None:
    # An attribute of an element, data-umami-event-revenue, arrives as text.
    try:
        is_number = isinstance(value, int | float | str) and not isinstance(value, bool)
        return float(value) if is_number else None
    except (ValueError, OverflowError):
        return None


def _moment(seconds: float | None) -> datetime | None:
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise Rejected(400, "timestamp must be seconds since 1970") from None
