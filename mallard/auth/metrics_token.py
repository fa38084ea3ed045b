"""The metrics token: who knows it sees the operator's figures without a session."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mallard.auth.lockout import Lockout, WrongPassword

LASTS = timedelta(hours=1)
"""So long a browser that came with the token is let in."""


@dataclass(frozen=True, slots=True)
class MetricsToken:
    """The token, if one is set, and the lockout of those who guess it."""

    token: str | None
    lockout: Lockout
    clock: Callable[[], datetime]

    def is_known_to(self, given: str, address: str) -> bool:
        """Whether a client at an address presents the token. Raises LockedOut."""
        if self.token is None:
            return False
        try:
            with self.lockout.attempt(address):
                if not hmac.compare_digest(_bytes(given), _bytes(self.token)):
                    raise WrongPassword
        except WrongPassword:
            return False
        return True

    def seal(self) -> str:
        """What a browser keeps in the token's place: when it ends, and proof that we said so."""
        return self._sealed(round((self.clock() + LASTS).timestamp()))

    def is_sealed(self, text: str) -> bool:
        """Whether a browser presents such a seal, which has not ended."""
        ends = text.partition(".")[0]
        if self.token is None or not (ends.isascii() and ends.isdigit() and len(ends) < 12):
            return False
        is_ours = hmac.compare_digest(_bytes(text), _bytes(self._sealed(int(ends))))
        return is_ours and self.clock().timestamp() < int(ends)

    def _sealed(self, ends: int) -> str:
        proof = hmac.digest(_bytes(self.token or ""), f"metrics until {ends}".encode(), "sha256")
        return f"{ends}.{proof.hex()}"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
