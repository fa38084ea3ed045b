"""What GoatCounter's script and clients send to `/count` and `/api/v0/count` becomes our events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from mallard.ingest.addresses import TrustedProxies
from mallard.ingest.collect import params_of, raw_event
from mallard.ingest.intake import Intake, Outcome
from mallard.ingest.pipeline import RawEvent, Teller
from mallard.ingest.refusals import Rejected
from mallard.ingest.submission import MAX_SCREEN_WIDTH, MAX_URL, Submission, parse_json
from mallard.ingest.urls import BadUrl, split_url
from mallard.model import PAGEVIEW, Dropped, DropReason
from mallard.peers.names import Named
from mallard.texts.said import said

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PATH = "/count"
MAX_HITS = 500
ROBOTS_FROM = 150
"""Hints from this number on say that a browser is driven; 1 to 149 are the server's own."""


class Hit(msgspec.Struct):
    """One view or event, as a program tells it; what is not here is passed over."""

    path: str
    event: bool = False
    ref: str = ""
    query: str = ""
    size: Any = None
    bot: int = 0
    user_agent: str = ""
    ip: str = ""
    created_at: datetime | None = None


class Hits(msgspec.Struct):
    """The body of a request."""

    hits: list[Hit]


_hits = msgspec.json.Decoder(Hits)


@dataclass(frozen=True, slots=True)
class Place:
    """Whose hits a request brings: a site, and the host of its pages."""

    site_id: str
    host: str
    page: str | None = None
    """The address of the page that asks, if it is told."""


class GoatCounter:
    """Takes hits in for the sites that the asked host, or the asking page's, stands for.

    Where neither is told it is the only site, if there is just one.
    """

    def __init__(
        self, intake: Intake, proxies: TrustedProxies, named: Named, sites: Callable[[], list[str]]
    ) -> None:
        self._intake = intake
        self._proxies = proxies
        self._named = named
        self._sites = sites

    def take(self, environ: WSGIEnvironment) -> Dropped | None:
        """Takes the hit of a query in; why it was left out, if it was. Raises Rejected."""
        try:
            found = self._read(environ)
            if isinstance(found, RawEvent):
                return self._intake.take(found)
        except Rejected as rejected:
            self._intake.refuse(rejected)
            raise
        self._intake.tally.add(f"dropped_{found.reason}")
        return found

    def take_hits(self, environ: WSGIEnvironment, body: bytes) -> list[Outcome]:
        """What became of each hit of a program that holds a key. Raises Rejected."""
        try:
            hits = parse_json(body, _hits, "the body").hits
            if not 1 <= len(hits) <= MAX_HITS:
                raise Rejected(400, said("hits must be 1 to %(most)s", most=MAX_HITS))
            place = self._place(environ)
        except Rejected as rejected:
            self._intake.refuse(rejected)
            raise
        raw = raw_event(environ, b"", self._proxies)
        return self._intake.take_all([self._told(raw, hit, place) for hit in hits])

    def _read(self, environ: WSGIEnvironment) -> RawEvent | Dropped:
        params = params_of(environ)
        hit = _hit(params)
        if hit.bot >= ROBOTS_FROM:
            return Dropped(DropReason.AUTOMATED)
        if hit.bot:
            raise Rejected(
                400,
                said("b (robot) must be 0, or %(least)s and more", least=ROBOTS_FROM),
            )
        place = self._place(environ)
        return replace(
            raw_event(environ, b"", self._proxies), content=submission(hit, place), origin=None
        )

    def _place(self, environ: WSGIEnvironment) -> Place:
        pages = (environ.get("HTTP_REFERER", ""), environ.get("HTTP_ORIGIN", ""))
        page = next((page for page in pages if _host(page)), None)
        host = _host(page) if page else ""
        asked = environ.get("HTTP_HOST", "").lower().partition(":")[0]
        if site_id := self._named(asked):
            return Place(site_id, host or site_id, page)
        if host:
            return Place(self._named(host) or host.removeprefix("www."), host, page)
        sites = self._sites()
        if len(sites) != 1:
            raise Rejected(
                400,
                said(
                    "the host %(host)s stands for no site: add it to a site's aliases", host=asked
                ),
            )
        return Place(sites[0], sites[0])

    def _told(self, raw: RawEvent, hit: Hit, place: Place) -> RawEvent | Rejected:
        hop = self._proxies.hop(hit.ip) if hit.ip else None
        if hit.ip and hop is None:
            return Rejected(400, said("ip is not an IP address"))
        try:
            content = submission(hit, place)
        except Rejected as rejected:
            return rejected
        return replace(
            raw,
            content=content,
            origin=None,
            address=hop.address if hop else raw.address,
            country=None if hop else raw.country,
            user_agent=hit.user_agent or raw.user_agent,
            at=hit.created_at,
            teller=Teller.KEY_HOLDER,
        )


def submission(hit: Hit, place: Place) -> Submission:
    """Our form of a hit. An event's path is its name. Raises Rejected."""
    if not hit.path:
        raise Rejected(400, said("p (path) is empty"))
    home = f"https://{place.host}"
    if hit.event:
        name, url = hit.path.lstrip("/"), place.page or f"{home}/"
    else:
        query = hit.query if hit.query.startswith("?") and "?" not in hit.path else ""
        name, url = PAGEVIEW, f"{home}/{hit.path.removeprefix('/')}{query}"
    if len(url) > MAX_URL:
        url = url.partition("?")[0]
    return Submission(
        d=place.site_id, n=name, u=url, r=hit.ref[:MAX_URL] or None, w=_width(hit.size)
    )


def _hit(params: Mapping[str, str]) -> Hit:
    hint = params.get("b") or "0"
    if not (hint.isascii() and hint.isdigit() and len(hint) < 6):
        raise Rejected(400, said("b (robot) must be a number"))
    return Hit(
        path=params.get("p", ""),
        event=params.get("e") in ("true", "1"),
        ref=params.get("r", ""),
        query=params.get("q", ""),
        size=params.get("s", ""),
        bot=int(hint),
    )


def _width(size: Any) -> int | None:
    """The width of a screen: `1920`, `1920,1080,1`, or a list that begins with it."""
    first = size[0] if isinstance(size, list) and size else size
    digits = str(first).partition(",")[0].partition(".")[0]
    is_number = digits.isascii() and digits.isdigit() and len(digits) < 6
    return int(digits) if is_number and 0 < int(digits) <= MAX_SCREEN_WIDTH else None


def _host(url: str) -> str:
    """The host of a page; empty for what is no page's address."""
    try:
        found = split_url(url)
    except BadUrl:
        return ""
    return found.host if found.scheme in ("http", "https") else ""
