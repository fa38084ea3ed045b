"""The demo's visitors as requests on the wire, the same in every run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from urllib.parse import urlsplit

import msgspec

from mallard.demo.traffic import Hit, hits
from mallard.model import ENGAGEMENT, PAGEVIEW

SEED = 1
EVENING = datetime(2026, 3, 18, 23, 59, tzinfo=UTC)
"""When the invented traffic ends."""

REQUEST = (
    "POST /api/event HTTP/1.1\r\n"
    "Host: 127.0.0.1\r\n"
    "User-Agent: {user_agent}\r\n"
    "Accept: */*\r\n"
    "Accept-Language: en-GB,en;q=0.9\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Content-Type: text/plain;charset=UTF-8\r\n"
    "Origin: {origin}\r\n"
    "Referer: {origin}/\r\n"
    "Sec-Fetch-Mode: cors\r\n"
    "Sec-Fetch-Site: cross-site\r\n"
    "X-Forwarded-For: {address}\r\n"
    "Content-Length: {length}\r\n"
    "\r\n"
)


def sample(events: int, days: int = 1) -> list[Hit]:
    """So many hits of the demo's sites, in order of time."""
    return list(hits(SEED, events, days, EVENING))


def with_engagement(found: Iterable[Hit]) -> Iterator[Hit]:
    """The same, each view followed at once by what its page tells of how it was looked at."""
    rng = Random(SEED)
    for hit in found:
        yield hit
        if hit.body["n"] == PAGEVIEW:
            told = {"e": int(rng.expovariate(1 / 30_000)), "sd": rng.randrange(5, 101)}
            body = {**hit.body, "n": ENGAGEMENT, "p": told}
            yield replace(hit, at=hit.at + timedelta(microseconds=1), body=body)


def on_the_wire(hit: Hit) -> bytes:
    """The request that a browser, behind a proxy, makes for a hit."""
    body = msgspec.json.encode(hit.body)
    page = urlsplit(hit.body["u"])
    head = REQUEST.format(
        user_agent=hit.user_agent,
        origin=f"{page.scheme}://{page.netloc}",
        address=hit.address,
        length=len(body),
    )
    return head.encode() + body
