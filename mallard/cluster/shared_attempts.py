"""Failed attempts to get in are counted for all nodes together, so that nobody guesses at each.

The record has no address and no name of anybody, only digests under the secret. Without it each
node counts by itself.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Any

import structlog

from mallard.auth.lockout import Standing
from mallard.cluster.catalog import Catalog
from mallard.cluster.joining import Applicant
from mallard.model import MallardError

log = structlog.get_logger("mallard.cluster.attempts")

_KEY = b"mallard-cluster-attempts"
STANDING = """
select digest, failures, greatest(0, extract(epoch from locked_until - now()))::float8
from mallard_cluster.attempts
where digest = any(%s) and (seen_at > now() - make_interval(secs => %s) or locked_until > now())
"""
FAILED = """
insert into mallard_cluster.attempts as a (digest, failures, seen_at)
select unnest(%s::text[]), 1, now()
on conflict (digest) do update set
    failures = 1 + case
        when a.seen_at > now() - make_interval(secs => %s) then a.failures else 0 end,
    seen_at = now()
returning digest, failures
"""
LOCK = """
update mallard_cluster.attempts
set failures = 0, locked_until = now() + make_interval(secs => %s)
where digest = any(%s)
returning digest
"""
CLEAR = """
delete from mallard_cluster.attempts
where digest = any(%s)
    or (seen_at < now() - make_interval(secs => %s) and coalesce(locked_until, now()) <= now())
returning digest
"""


class SharedAttempts:
    """What all nodes have counted at one of the doors that each of them has."""

    def __init__(
        self, applicant: Applicant, door: str, lasts_secs: int, trouble: Callable[[], str | None]
    ) -> None:
        """`trouble` tells what is wrong with PostgreSQL: as long as it does nobody waits for it."""
        self._address = applicant.cluster.catalog or ""
        secret = applicant.secret.encode("utf-8", "surrogatepass")
        self._key = hmac.digest(_KEY, secret, "sha256")
        self._door = door
        self._lasts_secs = lasts_secs
        self._trouble = trouble

    def standing(self, names: Sequence[str]) -> Mapping[str, Standing]:
        """How it stands with each of them."""
        digests = self._digests(names)
        rows = self._rows(STANDING, (list(digests), self._lasts_secs))
        if rows is None:
            return {}
        found = {digests[name]: Standing(*rest) for name, *rest in rows}
        return {name: found.get(name, Standing(0, 0.0)) for name in names}

    def failed(self, names: Sequence[str]) -> Mapping[str, int]:
        """Counts a failed attempt under each; how many that makes."""
        digests = self._digests(names)
        rows = self._rows(FAILED, (sorted(digests), self._lasts_secs))
        return {digests[name]: failures for name, failures in rows or ()}

    def lock(self, names: Sequence[str]) -> None:
        """Locks these out on all nodes."""
        self._rows(LOCK, (self._lasts_secs, sorted(self._digests(names))))

    def clear(self, names: Sequence[str]) -> None:
        """Counts from the beginning under these, and forgets who has kept quiet."""
        self._rows(CLEAR, (sorted(self._digests(names)), self._lasts_secs))

    def _digests(self, names: Sequence[str]) -> dict[str, str]:
        return {self._digest(name): name for name in names}

    def _digest(self, name: str) -> str:
        told = f"{self._door}\0{name}".encode("utf-8", "surrogatepass")
        return hmac.new(self._key, told, hashlib.sha256).hexdigest()

    def _rows(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]] | None:
        """None where PostgreSQL cannot be asked: then this node counts alone."""
        if self._trouble() is not None:
            return None
        try:
            with closing(Catalog(self._address)) as catalog:
                return catalog.rows(sql, values)
        except MallardError as error:
            log.warning("Failed attempts are counted by this node alone", error=str(error))
            return None
