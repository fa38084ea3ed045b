"""What Umami's tracker and its clients post to `/api/send` becomes our events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urljoin

import msgspec
from msgspec import field
from msgspec.structs import replace

from mallard.ingest.addresses import TrustedProxies
from mallard.ingest.collect import raw_event
from mallard.ingest.intake import Intake, Outcome
from mallard.ingest.pipeline import RawEvent
from mallard.ingest.refusals import Rejected
from mallard.ingest.revenue import MAX_REVENUE
from mallard.ingest.submission import MAX_URL, Submission
from mallard.model import PAGEVIEW, Dropped, DropReason
from mallard.peers.names import Named
from mallard.texts.said import said, words_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PATH = "/api/send"
BATCH_PATH = "/api/batch"
MAX_BATCH = 500
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
_batch_decoder = msgspec.json.Decoder(list[Sent])


class Umami:
    """Takes in what is sent for the websites that stand for sites of ours, by their ids.

    A website that the settings do not name may be an alias of a site.
    """

    def __init__(
        self,
        intake: Intake,
        proxies: TrustedProxies,
        named: Named,
        trusts_machines: bool = True,
    ) -> None:
        """`named` tells the site that a website's id stands for."""
        self._intake = intake
        self._proxies = proxies
        self._named = named
        self._trusts_machines = trusts_machines

    def take(self, environ: WSGIEnvironment, body: bytes, has_key: bool = False) -> Dropped | None:
        """Returns once the event is on the journal, or why it was left out. Raises Rejected.

        Who holds a key, or is a machine that is trusted, may tell of others.
        """
        try:
            return self._take(environ, _parse(body, _decoder), has_key)
        except Rejected as rejected:
            self._intake.refuse(rejected)
            raise

    def take_batch(
        self, environ: WSGIEnvironment, body: bytes, has_key: bool = False
    ) -> list[Outcome]:
        """What became of each event of a batch. Raises Rejected when it is none."""
        try:
            batch = _parse(body, _batch_decoder)
            if len(batch) > MAX_BATCH:
                raise Rejected(400, said("a batch holds at most %(most)s events", most=MAX_BATCH))
        except Rejected as rejected:
            self._intake.refuse(rejected)
            raise
        return [self._outcome(environ, sent, has_key) for sent in batch]

    def _outcome(self, environ: WSGIEnvironment, sent: Sent, has_key: bool) -> Outcome:
        try:
            return self._take(environ, sent, has_key)
        except Rejected as rejected:
            self._intake.refuse(rejected)
            return rejected

    def _take(self, environ: WSGIEnvironment, sent: Sent, has_key: bool) -> Dropped | None:
        found = self._read(environ, sent, has_key)
        if isinstance(found, RawEvent):
            return self._intake.take(found)
        self._intake.tally.add(f"dropped_{found.reason}")
        return found

    def _read(self, environ: WSGIEnvironment, sent: Sent, has_key: bool) -> RawEvent | Dropped:
        site_id = self._named(sent.payload.website)
        if site_id is None:
            raise Rejected(400, said("Website not found."))
        if (reason := NOT_STORED.get(sent.type)) is not None:
            return Dropped(reason)
        if sent.type != EVENT:
            raise Rejected(
                400,
                said(
                    "%(name)s must be one of %(choices)s",
                    name="type",
                    choices=", ".join((EVENT, *NOT_STORED)),
                ),
            )
        raw = raw_event(environ, b"", self._proxies)
        # The id of a website, which its own pages carry, takes the place of the look at the origin.
        raw = replace(raw, content=_submission(site_id, sent.payload), origin=None)
        may_tell = has_key or (self._trusts_machines and self._is_server(environ))
        return self._on_behalf(raw, sent.payload) if may_tell else raw

    def _is_server(self, environ: WSGIEnvironment) -> bool:
        """Whether it comes from a machine that is trusted, and not through it from elsewhere."""
        is_forwarded = "HTTP_X_FORWARDED_FOR" in environ or "HTTP_X_REAL_IP" in environ
        return not is_forwarded and self._proxies.trusts(environ.get("REMOTE_ADDR", ""))

    def _on_behalf(self, raw: RawEvent, payload: Payload) -> RawEvent:
        """The event with the address, user agent and time that a server tells of its client."""
        if payload.ip is not None:
            hop = self._proxies.hop(payload.ip)
            if hop is None:
                raise Rejected(400, said("ip is not an IP address"))
            raw = replace(raw, address=hop.address, country=None)
        if payload.user_agent is not None:
            raw = replace(raw, user_agent=payload.user_agent)
        return replace(raw, at=_moment(payload.timestamp))


T = TypeVar("T")


def _parse(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    try:
        return decoder.decode(body.decode())
    except msgspec.ValidationError as error:
        raise Rejected(400, words_of(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Rejected(400, said("the body is not valid JSON")) from None


def _submission(site_id: str, payload: Payload) -> Submission:
    page = f"https://{payload.hostname or site_id}/"
    props = payload.data or {}
    amount, currency = revenue_of(props)
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
        raise Rejected(400, said("url and referrer must be addresses or paths")) from None
    # A page with a very long query counts, too.
    return whole if len(whole) <= MAX_URL else whole.partition("?")[0]


def _width(screen: str | None) -> int | None:
    """The width of a screen that is told as "1920x1080"."""
    width = (screen or "").partition("x")[0]
    return int(width) if width.isascii() and width.isdigit() and len(width) < 6 else None


def revenue_of(props: Mapping[str, Any]) -> tuple[float | None, str | None]:
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
        raise Rejected(400, said("timestamp must be seconds since 1970")) from None
