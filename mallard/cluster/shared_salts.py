"""The random salts of visitor ids, alike on all nodes: each is made by one, and goes to the others.

The record has a fingerprint of each, which the first node notes that needs one, a day before its
period begins. The others ask, and whoever has it seals it for them. What is kept is kept as that of
a server alone. A node that could have none in time goes on with one of its own, and says so.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import structlog
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from mallard.cluster.catalog import Catalog
from mallard.cluster.joining import Applicant
from mallard.cluster.sealing import Sealing, new_key, public_of
from mallard.ingest.salts import SALT_BYTES, SaltPeriod, Salts
from mallard.model import MallardError, Unavailable

log = structlog.get_logger("mallard.cluster.salts")

LOOK_SECS = 5.0
PATIENCE_SECS = 20.0
"""So long a start waits for another node that has the salt of today, which looks meanwhile."""
STEP_SECS = 0.2

NOTED = """
select s.period, s.fingerprint, coalesce(c.is_here, false), c.public_key, c.sealed,
    exists (
        select from mallard_cluster.salt_copies h join mallard_cluster.nodes n on n.name = h.node
        where h.period = s.period and h.is_here and h.node <> %s and n.left_at is null
    )
from mallard_cluster.salts s
left join mallard_cluster.salt_copies c on c.period = s.period and c.node = %s
order by s.period
"""
OFFER = """
insert into mallard_cluster.salts (period, fingerprint) values (%s, %s)
on conflict do nothing returning period
"""
REPLACE = """
update mallard_cluster.salts set fingerprint = %s where period = %s and fingerprint = %s
returning period
"""
CLEAR = "delete from mallard_cluster.salt_copies where period = %s"
HERE = """
insert into mallard_cluster.salt_copies (period, node, is_here) values (%s, %s, true)
on conflict (period, node) do update set
    is_here = true, public_key = null, proof = null, sealed = null
"""
ASK = """
insert into mallard_cluster.salt_copies (period, node, is_here, public_key, proof)
values (%s, %s, false, %s, %s)
on conflict (period, node) do update set
    is_here = false, public_key = excluded.public_key, proof = excluded.proof, sealed = null
"""
ASKED = """
select c.period, s.fingerprint, c.node, c.public_key, c.proof
from mallard_cluster.salt_copies c join mallard_cluster.salts s on s.period = c.period
where c.public_key is not null and c.sealed is null and c.node <> %s
"""
ANSWER = """
update mallard_cluster.salt_copies set sealed = %s
where period = %s and node = %s and public_key = %s and sealed is null
"""
FORGET = "delete from mallard_cluster.salts where period = any(%s)"


@dataclass(frozen=True, slots=True)
class Noted:
    """What the record has of the salt of a period, and of what this node wants of it."""

    fingerprint: str
    is_here: bool
    public: bytes | None
    sealed: bytes | None
    is_elsewhere: bool
    """Whether another node has it that has not left."""


class SharedSalts:
    """Sees to it that this node's salts are those of all."""

    def __init__(
        self, applicant: Applicant, salts: Salts, forget_ids: Callable[[], object]
    ) -> None:
        """`forget_ids` has ids made anew, where a salt is not the one that it was."""
        self._node = applicant.node
        self._address = applicant.cluster.catalog or ""
        self._sealing = Sealing(applicant.secret)
        self._salts = salts
        self._forget_ids = forget_ids
        self._keys: dict[SaltPeriod, X25519PrivateKey] = {}
        self._awaited: set[SaltPeriod] = set()
        self._apart: set[SaltPeriod] = set()
        self._lock = threading.Lock()
        """Holds whoever changes or reads which periods are apart: events do, too."""
        self._trouble: str | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cluster salts", daemon=True)
        salts.made = self._stay_apart

    def start(self) -> None:
        """Begins to look, beside the node's turns, which may take long."""
        self._thread.start()

    def stop(self) -> None:
        """Ends that. Nothing is lost by a look that is cut short."""
        self._stop.set()

    def wait(self, catalog: Catalog) -> None:
        """Looks until what the first visitor needs is here, for a while. Raises as `look`."""
        until = time.monotonic() + PATIENCE_SECS
        self.look(catalog)
        while self._is_awaiting() and time.monotonic() < until and not self._stop.wait(STEP_SECS):
            self.look(catalog)

    def look_by_itself(self) -> None:
        """As `look`, by a connection of its own; what is wrong with it is told as trouble."""
        try:
            with closing(Catalog(self._address)) as catalog:
                self.look(catalog)
            self._trouble = None
        except (MallardError, OSError) as error:
            self._trouble = str(error)

    def look(self, catalog: Catalog) -> None:
        """Makes, asks for, takes and gives what is due. Raises CatalogGone, OSError."""
        noted = self._noted(catalog)
        lasting = self._salts.lasting()
        self._awaited = set()
        for period in lasting:
            salt = self._salts.kept(period)
            if (one := noted.get(period.name)) is None:
                self._offer(catalog, period, salt, None)
            else:
                self._compare(catalog, period, salt, one)
        with self._lock:
            self._apart &= set(lasting)
        self._keys = {period: key for period, key in self._keys.items() if period in lasting}
        self._answer(catalog)

    def trouble(self) -> str | None:
        """What is wrong, and which running periods' visitors this node counts apart."""
        with self._lock:
            periods = set(self._apart)
        apart = [period.name for period in periods if not self._salts.has_ended(period)]
        if not apart:
            return self._trouble
        told = (
            f"this node has a salt of its own for {', '.join(sorted(apart))}: whoever comes to"
            " another one, too, counts as two visitors"
        )
        return f"{self._trouble}; {told}" if self._trouble else told

    def _is_awaiting(self) -> bool:
        return any(self._salts.has_begun(period) for period in self._awaited)

    def _noted(self, catalog: Catalog) -> dict[str, Noted]:
        """What the record has, and has forgotten what is over."""
        rows = catalog.rows(NOTED, (self._node, self._node))
        noted = {name: Noted(*rest) for name, *rest in rows}
        over = [name for name in noted if self._is_over(name)]
        if over:
            catalog.do(FORGET, (over,))
        return {name: one for name, one in noted.items() if name not in over}

    def _is_over(self, name: str) -> bool:
        period = SaltPeriod.named(name)
        return period is None or self._salts.is_over(period)

    def _offer(
        self, catalog: Catalog, period: SaltPeriod, salt: bytes | None, noted: Noted | None
    ) -> None:
        """Notes the salt of a period, one that is made for it if there is none.

        So does the first who needs one, and whoever needs one that no node has any more. Where
        another node was quicker, its salt is asked for at the next look.
        """
        if salt is None and self._salts.has_ended(period):
            return  # which nobody needs, unless an event comes late
        offered = salt or secrets.token_bytes(SALT_BYTES)
        fingerprint = self._sealing.fingerprint(period.name, offered)
        with catalog.transaction():
            if not self._is_first(catalog, period, fingerprint, noted):
                self._awaited.add(period)
                return
            catalog.do(HERE, (period.name, self._node))
            # Before the others can know of it: what they are told of is there.
            if salt is None and not self._salts.keep(period, offered, None):
                raise Unavailable("a salt was made for an event meanwhile; it is offered next")
        self._agree(period)

    def _is_first(
        self, catalog: Catalog, period: SaltPeriod, fingerprint: str, noted: Noted | None
    ) -> bool:
        """Notes a fingerprint where there is none, or the one that was seen."""
        if noted is None:
            return bool(catalog.rows(OFFER, (period.name, fingerprint)))
        if not catalog.rows(REPLACE, (fingerprint, period.name, noted.fingerprint)):
            return False
        catalog.do(CLEAR, (period.name,))
        return True

    def _compare(
        self, catalog: Catalog, period: SaltPeriod, salt: bytes | None, noted: Noted
    ) -> None:
        """Takes the salt that was noted first, unless it is too late for that."""
        if salt is not None and self._sealing.fingerprint(period.name, salt) == noted.fingerprint:
            if not noted.is_here:
                catalog.do(HERE, (period.name, self._node))
            self._agree(period)
        elif not noted.is_elsewhere:
            self._offer(catalog, period, salt, noted)
        elif salt is None or not self._salts.has_begun(period):
            self._ask(catalog, period, salt, noted)
        else:
            self._stay_apart(period)

    def _ask(self, catalog: Catalog, period: SaltPeriod, salt: bytes | None, noted: Noted) -> None:
        """Asks for the salt, and takes it when somebody has answered."""
        of, key = self._asking(period.name, self._node), self._keys.get(period)
        if key is not None and noted.public == public_of(key) and noted.sealed is None:
            self._awaited.add(period)
            return
        if key is not None and noted.sealed is not None:
            found = self._sealing.open(of, key, noted.sealed)
            if found and self._sealing.fingerprint(period.name, found) == noted.fingerprint:
                self._take(catalog, period, found, salt)
                return
            log.error("What another node has sealed is not the salt", period=period.name)
        self._keys[period] = key = new_key()
        public = public_of(key)
        catalog.do(ASK, (period.name, self._node, public, self._sealing.proof(of, public)))
        self._awaited.add(period)

    def _take(self, catalog: Catalog, period: SaltPeriod, found: bytes, salt: bytes | None) -> None:
        if self._salts.keep(period, found, salt):
            if salt is not None:
                self._forget_ids()
            catalog.do(HERE, (period.name, self._node))
            self._agree(period)

    def _answer(self, catalog: Catalog) -> None:
        """Seals for whoever asks what this node has of it."""
        for name, fingerprint, node, public, proof in catalog.rows(ASKED, (self._node,)):
            period = SaltPeriod.named(name)
            salt = self._salts.kept(period) if period else None
            if salt is None or self._sealing.fingerprint(name, salt) != fingerprint:
                continue
            sealed = self._sealing.seal(self._asking(name, node), public, proof, salt)
            if sealed is None:
                log.error("Somebody asks for a salt who does not have the secret", node=node)
            else:
                catalog.do(ANSWER, (sealed, name, node, public))

    def _asking(self, period: str, node: str) -> str:
        return f"{period} {node}"

    def _agree(self, period: SaltPeriod) -> None:
        self._keys.pop(period, None)
        with self._lock:
            if period in self._apart:
                self._apart.remove(period)
                log.info("The salt of this node is that of all again", period=period.name)

    def _stay_apart(self, period: SaltPeriod) -> None:
        with self._lock:
            if period not in self._apart:
                self._apart.add(period)
                log.warning("This node goes on with a salt of its own", period=period.name)

    def _run(self) -> None:
        while not self._stop.wait(LOOK_SECS):
            try:
                self.look_by_itself()
            except Exception as error:
                self._trouble = "salts cannot be shared; the server's log says why"
                log.error("A look at the salts ended early", error=repr(error))
