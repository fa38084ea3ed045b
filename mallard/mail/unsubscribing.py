"""Links by which somebody ends a report without signing in: signed, so that nobody ends others'."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec

from mallard.mail.subscribing import Subscription
from mallard.notices.book import Every

PATH = "/unsubscribe/"
PURPOSE = b"mallard: links that end a report"


class _Named(msgspec.Struct, frozen=True, array_like=True):
    site: str
    every: Every
    to: str


class Links:
    """What signs links, and believes those that it has signed."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), PURPOSE, "sha256")

    def token_of(self, one: Subscription) -> str:
        """What stands in the link that ends a subscription."""
        named = msgspec.json.encode(_Named(one.site, one.every, one.to))
        return _spelt(self._seal(named) + named)

    def subscription(self, token: str) -> Subscription | None:
        """The one that a link ends; None where it is none of ours."""
        try:
            sealed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            return None
        seal, named = sealed[:32], sealed[32:]
        if not hmac.compare_digest(seal, self._seal(named)):
            return None
        found = msgspec.json.decode(named, type=_Named)
        return Subscription(found.site, found.every, found.to)

    def _seal(self, named: bytes) -> bytes:
        return hmac.digest(self._key, named, "sha256")


def _spelt(content: bytes) -> str:
    return urlsafe_b64encode(content).decode("ascii").rstrip("=")
