"""Requests that were good once: a seeded mutator that damages bodies, headers and queries."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from random import Random
from typing import Any
from urllib.parse import urlencode

from tests.conftest import CHROME


@dataclass(frozen=True, slots=True)
class Hit:
    """One request to `/api/event`; headers by their WSGI names."""

    method: str
    body: bytes
    query: bytes
    headers: dict[str, bytes]


def _post(**fields: Any) -> Hit:
    event = {"d": "example.com", "n": "pageview", "u": "https://example.com/"} | fields
    return Hit("POST", json.dumps(event).encode(), b"", HEADERS)


def _pixel(**fields: str) -> Hit:
    query = {"d": "example.com", "u": "https://example.com/"} | fields
    return Hit("GET", b"", urlencode(query).encode(), HEADERS)


HEADERS = {
    "HTTP_USER_AGENT": CHROME.encode(),
    "HTTP_X_FORWARDED_FOR": b"203.0.113.7, 10.0.0.1",
    "HTTP_X_REAL_IP": b"2001:db8::7",
    "HTTP_ORIGIN": b"https://example.com",
    "HTTP_X_REQUEST_ID": b"0b8e8a0e-1",
    "HTTP_SEC_GPC": b"0",
    "CONTENT_TYPE": b"text/plain",
}

GOOD = (
    _post(),
    _post(u="https://example.com/a?utm_source=x&utm_campaign=%E2%98%83&ref=y#z", w=1440),
    _post(d="localhost:8080", n="signup", u="/only/a/path", r="https://news.example/item?id=1"),
    _post(r="https://www.google.co.uk/", w=375.5, p={"plan": "pro", "n": 1, "deep": {"a": [1]}}),
    _post(n="purchase", ra=49.99, rc="EUR", p='{"sku": "A-1", "text": "\\u2603"}'),
    _post(n="purchase", **{"$": {"amount": 5, "currency": "usd"}}),
    _post(u="https://[2001:db8::1]:8443/%2e%2e/x?a=%zz", r="android-app://com.example/"),
    _pixel(),
    _pixel(n="open", r="https://mail.example/", w="800"),
    _pixel(u="https://example.com/ä?utm_term=a+b%20c"),
)

TOKENS = (
    *(b'"', b"\\", b"{", b"}", b"[" * 400, b",", b":", b"null", b"true", b"-0.0", b"1e309", b"NaN"),
    *(b"\0", b"\x7f", b"\xff\xfe", b"\xed\xa0\x80", b"\\ud800", b"\\u0000", b"\xe2\x80\xa8"),
    *(b"9" * 40, b"0.005", b"..", b"/../../", b"%00", b"%", b"+", b"&d=", b";", b"'", b"--", b"$1"),
    *(b'{"site_id":"', b"\n", b"\r\n", b" " * 64, b"A" * 300, b"\xf0\x9f\xa6\x86", b"https://"),
    *(b'"d":1', b'"p":"{}"', b'"ra":', b"::ffff:1.2.3.4", b"fe80::1%eth0", b"Googlebot", b"curl/8"),
)


class Mutator:
    """Damaged requests without end, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def hit(self) -> Hit:
        """A good request with one to four things wrong, or sometimes none."""
        hit = self._random.choice(GOOD)
        for _ in range(self._random.randrange(5)):
            hit = self._damaged(hit)
        return hit

    def _damaged(self, hit: Hit) -> Hit:
        where = self._random.random()
        if where < 0.6 and hit.body:
            return replace(hit, body=self._bytes(hit.body))
        if where < 0.7:
            return replace(hit, query=self._bytes(hit.query))
        if where < 0.95:
            return replace(hit, headers=self._headers(hit.headers))
        return replace(hit, method=self._random.choice(("POST", "GET", "HEAD", "OPTIONS", "PUT")))

    def _headers(self, headers: dict[str, bytes]) -> dict[str, bytes]:
        name = self._random.choice(list(HEADERS))
        if name in headers and self._random.random() < 0.2:
            return {key: value for key, value in headers.items() if key != name}
        return headers | {name: self._bytes(headers.get(name, HEADERS[name]))}

    def _bytes(self, good: bytes) -> bytes:
        pick = self._random
        start = pick.randint(0, len(good))
        end = min(len(good), start + pick.choice((0, 1, 2, 8, 40)))
        middle = pick.choice(
            (
                b"",
                pick.choice(TOKENS),
                good[start:end] * pick.choice((2, 3, 50)),
                bytes([pick.randrange(256)]),
                good[end:start:-1],
            )
        )
        return good[:start] + middle + good[end:]
