"""Whose request it is: the client's address, as told by the proxies that we trust."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum, auto
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, NamedTuple

from mallard.ingest.place_records import country_code

MAX_HOPS = 64
"""So many entries of X-Forwarded-For are looked at, from the right."""
MAX_ENTRY_LENGTH = 128
MAX_PROXIES = 4096
"""So many proxies are remembered with the headers that they send."""

# 192.0.2.1, 192.0.2.1:443, 2001:db8::1, fe80::1%eth0, [2001:db8::1], [2001:db8::1]:443
_ENTRY = re.compile(
    r"\[([0-9A-Fa-f:.]+)(?:%[^\]]*)?\](?::[0-9]{1,5})?"
    r"|([0-9.]+)(?::[0-9]{1,5})?"
    r"|([0-9A-Fa-f:.]+)(?:%\S*)?"
)


class _Headers(Enum):
    """Which header of a proxy has come without the other."""

    REAL_IP = auto()
    FORWARDED_FOR = auto()
    EITHER = auto()


class Hop(NamedTuple):
    """An address in canonical form, and whether it is a proxy of ours."""

    address: str
    trusted: bool


class TrustedProxies:
    """The networks whose word about the client's address is taken. Raises ValueError.

    `header` names the one in which a CDN among them tells it, if there is such a CDN, and
    `country_header` the one in which it tells the country.
    """

    def __init__(self, networks: Sequence[str], header: str = "", country_header: str = "") -> None:
        self.header = header
        self._variable = _variable(header)
        self._country_variable = _variable(country_header)
        self._networks = tuple(ip_network(network.strip(), strict=False) for network in networks)
        self._headers_of: dict[str, _Headers] = {}
        self._cached_hop: Callable[[str], Hop | None] = lru_cache(maxsize=4096)(self._parse_hop)

    def trusts(self, peer: str) -> bool:
        """Whether the socket's address is one of a proxy of ours."""
        sender = self.hop(peer)
        return sender is not None and sender.trusted

    def client_of(self, environ: Mapping[str, Any]) -> str:
        """The client's address, in canonical form, as a request's WSGI environment tells it."""
        return self.client_address(
            environ.get("REMOTE_ADDR", ""),
            environ.get("HTTP_X_FORWARDED_FOR"),
            environ.get("HTTP_X_REAL_IP"),
            environ.get(self._variable) if self._variable else None,
        )

    def country_of(self, environ: Mapping[str, Any]) -> str | None:
        """The country that the CDN's header tells, where the address in one would be believed."""
        told = environ.get(self._country_variable) if self._country_variable else None
        if not told or not self.trusts(environ.get("REMOTE_ADDR", "")):
            return None
        forwarded_for, real_ip = (
            environ.get("HTTP_X_FORWARDED_FOR"),
            environ.get("HTTP_X_REAL_IP"),
        )
        return country_code(told) if self._passed_on(forwarded_for, real_ip) else None

    def client_address(
        self, peer: str, forwarded_for: str | None, real_ip: str | None, named: str | None = None
    ) -> str:
        """The client's address in canonical form; `named` is what the CDN's header says.

        That is believed where all who passed the request on are trusted, as far as is known. Else
        only a trusted `peer` (the socket's) is believed: then it is the right-most address of
        X-Forwarded-For that is not trusted, the left-most if all are, else X-Real-IP. A proxy that
        sends requests without X-Forwarded-For, but with X-Real-IP, never sets the former: where
        both come from it, the former is its client's invention.
        """
        sender = self.hop(peer)
        if sender is None:
            return peer
        if not sender.trusted:
            return sender.address
        if forwarded_for is None or not real_ip:
            self._learn(sender.address, forwarded_for, real_ip)
        elif self._headers_of.get(sender.address) is _Headers.REAL_IP:
            forwarded_for = None
        if named and (client := self.named(named, forwarded_for, real_ip)):
            return client.address
        client = self._forwarded(forwarded_for) or self.hop(real_ip or "") or sender
        return client.address

    def named(self, named: str, forwarded_for: str | None, real_ip: str | None) -> Hop | None:
        """What the CDN's header says; None if our proxy was asked by somebody else than the CDN."""
        return self.hop(named) if self._passed_on(forwarded_for, real_ip) else None

    def _passed_on(self, forwarded_for: str | None, real_ip: str | None) -> bool:
        """Whether whoever asked our proxy, as far as it says, is trusted as well."""
        askers = map(self.hop, ((forwarded_for or "").rpartition(",")[2], real_ip or ""))
        return all(hop.trusted for hop in askers if hop)

    def _learn(self, proxy: str, forwarded_for: str | None, real_ip: str | None) -> None:
        """Notes which header came alone; where each has, nothing follows from either."""
        if not real_ip and forwarded_for is None:
            return
        alone = _Headers.REAL_IP if forwarded_for is None else _Headers.FORWARDED_FOR
        known = self._headers_of.get(proxy)
        if known is None and len(self._headers_of) < MAX_PROXIES:
            self._headers_of[proxy] = alone
        elif known is not None and known is not alone:
            self._headers_of[proxy] = _Headers.EITHER

    def _forwarded(self, forwarded_for: str | None) -> Hop | None:
        left_most = None
        for entry in reversed((forwarded_for or "").rsplit(",", MAX_HOPS)):
            if hop := self.hop(entry):
                if not hop.trusted:
                    return hop
                left_most = hop
        return left_most

    def hop(self, entry: str) -> Hop | None:
        """The address in an entry of a header; None when there is none."""
        return self._cached_hop(entry) if len(entry) <= MAX_ENTRY_LENGTH else None

    def _parse_hop(self, entry: str) -> Hop | None:
        address = _parse_address(entry)
        if address is None:
            return None
        return Hop(str(address), any(address in network for network in self._networks))


def _variable(header: str) -> str:
    """What WSGI calls a header."""
    return f"HTTP_{header.upper().replace('-', '_')}" if header else ""


def _parse_address(entry: str) -> IPv4Address | IPv6Address | None:
    found = _ENTRY.fullmatch(entry.strip().strip('"').strip())
    if found is None:
        return None
    try:
        address = ip_address("".join(found.groups("")))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
