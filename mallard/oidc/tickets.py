"""What a browser keeps of a sign-in for which it was sent to the provider.

Nothing is kept here of those who were sent: however many begin, nobody's sign-in goes for it. The
state, the nonce and the verifier are made of the ticket under a key of this process.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

import msgspec

from mallard.auth.sessions import digest

PENDING_SECS = 600
MOST_SPENT = 1_000
"""Of the tickets that came back within this time; the provider takes each code but once, too."""
LONGEST_TARGET = 2_000
"""Browsers keep no cookie of more than 4 KB."""
LONGEST_TICKET = 8_192


@dataclass(frozen=True, slots=True)
class Pending:
    """A browser that was sent to the provider."""

    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    target: str


class Kept(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a ticket says."""

    id: str
    ends: float
    redirect_uri: str
    target: str


class Tickets:
    """Issues tickets, and takes each of them once."""

    def __init__(self, timer: Callable[[], float]) -> None:
        self._timer = timer
        self._key = secrets.token_bytes(32)
        self._spent: dict[str, float] = {}
        self._lock = Lock()

    def issue(self, redirect_uri: str, target: str) -> tuple[str, Pending]:
        """A ticket for the browser, and what the provider is asked by."""
        if len(target) > LONGEST_TARGET:
            target = "/"
        ends = self._timer() + PENDING_SECS
        kept = Kept(secrets.token_urlsafe(32), ends, redirect_uri, target)
        text = urlsafe_b64encode(msgspec.json.encode(kept)).decode()
        return f"{text}.{self._made('ticket', text)}", self._pending(kept)

    def spend(self, ticket: str) -> Pending | None:
        """What was asked by a ticket; None where it is none of ours, is over, or was spent."""
        text, _, seal = ticket.partition(".")
        if len(ticket) > LONGEST_TICKET or not ticket.isascii():
            return None
        if not hmac.compare_digest(seal, self._made("ticket", text)):
            return None
        kept = msgspec.json.decode(urlsafe_b64decode(text), type=Kept)
        now = self._timer()
        if now >= kept.ends or not self._is_first(digest(kept.id), kept.ends, now):
            return None
        return self._pending(kept)

    def _is_first(self, name: str, ends: float, now: float) -> bool:
        with self._lock:
            if name in self._spent:
                return False
            self._spent = {key: end for key, end in self._spent.items() if now < end}
            while len(self._spent) >= MOST_SPENT:
                del self._spent[next(iter(self._spent))]
            self._spent[name] = ends
            return True

    def _pending(self, kept: Kept) -> Pending:
        return Pending(
            state=self._made("state", kept.id),
            nonce=self._made("nonce", kept.id),
            verifier=self._made("verifier", kept.id),
            redirect_uri=kept.redirect_uri,
            target=kept.target,
        )

    def _made(self, what: str, of: str) -> str:
        return hmac.digest(self._key, f"{what} {of}".encode(), "sha256").hex()
