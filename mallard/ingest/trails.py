"""How a client's address came about, for the operator who wonders whether the proxies are right."""

from __future__ import annotations

from dataclasses import dataclass

from mallard.ingest.addresses import MAX_ENTRY_LENGTH, MAX_HOPS, TrustedProxies
from mallard.texts.catalogue import N_

SOCKET = N_("the connection")
FORWARDED = "X-Forwarded-For"
REAL_IP = "X-Real-IP"


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody said: as it was sent, the address in it if it is one, and whether a proxy of
    ours has it."""

    sent: str
    address: str | None
    is_trusted: bool


@dataclass(frozen=True, slots=True)
class Trail:
    """The client's address, where it was taken from, and everything that was said about it."""

    client: str
    taken_from: str
    peer: Step
    forwarded_for: list[Step]
    """In the order of the header: the nearest proxy wrote the last one."""
    real_ip: Step | None
    named: Step | None
    """What the CDN's header says, if one is set."""


def trail(
    proxies: TrustedProxies,
    peer: str,
    forwarded_for: str | None,
    real_ip: str | None,
    named: str | None = None,
) -> Trail:
    """How `TrustedProxies.client_address` comes to its answer."""
    entries = forwarded_for.rsplit(",", MAX_HOPS) if forwarded_for else []
    sender = _step(proxies, peer)
    forwarded = [_step(proxies, entry.strip()) for entry in entries]
    real = _step(proxies, real_ip) if real_ip else None
    taken_from = _taken_from(sender, forwarded, real)
    if sender.is_trusted and named and proxies.named(named, forwarded_for, real_ip):
        taken_from = proxies.header
    return Trail(
        client=proxies.client_address(peer, forwarded_for, real_ip, named),
        taken_from=taken_from,
        peer=sender,
        forwarded_for=forwarded,
        real_ip=real,
        named=_step(proxies, named) if named else None,
    )


def _taken_from(sender: Step, forwarded: list[Step], real: Step | None) -> str:
    if not sender.is_trusted:
        return SOCKET
    if any(step.address for step in forwarded):
        return FORWARDED
    return REAL_IP if real and real.address else SOCKET


def _step(proxies: TrustedProxies, sent: str) -> Step:
    hop = proxies.hop(sent)
    return Step(
        sent=sent[:MAX_ENTRY_LENGTH],
        address=hop.address if hop else None,
        is_trusted=hop is not None and hop.trusted,
    )
