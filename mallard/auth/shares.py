"""Shared links: their tokens, and the door of those that have a password."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable

from mallard.auth.lockout import Lockout, WrongPassword
from mallard.auth.passwords import Passwords
from mallard.auth.sessions import digest
from mallard.auth.uses import Uses


def new_token() -> str:
    """What stands in the address of a shared link: 192 random bits, as letters and digits."""
    return secrets.token_hex(24)


def new_id() -> str:
    """By what one of many is called that may be seen by whoever may change them."""
    return secrets.token_hex(8)


class ShareDoor:
    """Asks for passwords, and knows browsers that have told the right one; in no list.

    What such a browser keeps is sealed under a key of this process: a restart asks again.
    """

    def __init__(
        self,
        passwords: Passwords,
        lockout: Lockout,
        uses: Uses,
        ttl_secs: int,
        timer: Callable[[], float],
    ) -> None:
        self._passwords = passwords
        self.lockout = lockout
        self.uses = uses
        """When each link was last used."""
        self._ttl_secs = ttl_secs
        self._timer = timer
        self._key = secrets.token_bytes(32)

    def hash_of(self, password: str) -> str:
        """What is kept of a password. Raises BadPassword."""
        return self._passwords.hash_of(password)

    def open(self, password_hash: str, password: str, address: str) -> str:
        """The seal for a client that tells the password. Raises WrongPassword, LockedOut."""
        with self.lockout.attempt(address, digest(password_hash)):
            if not self._passwords.is_of(password_hash, password):
                raise WrongPassword
        return self._sealed(password_hash, round(self._timer() + self._ttl_secs))

    def is_open(self, password_hash: str, seal: str) -> bool:
        """Whether a browser presents a seal of this very password that has not ended."""
        ends = seal.partition(".")[0]
        if not (ends.isascii() and ends.isdigit() and len(ends) < 12):
            return False
        is_ours = hmac.compare_digest(
            seal.encode("utf-8", "surrogatepass"), self._sealed(password_hash, int(ends)).encode()
        )
        return is_ours and self._timer() < int(ends)

    def _sealed(self, password_hash: str, ends: int) -> str:
        # The hash has a salt of its own, so a seal is of one link alone.
        proof = hmac.digest(self._key, f"{password_hash} until {ends}".encode(), "sha256")
        return f"{ends}.{proof.hex()}"
