"""What a site leaves out, made ready for a look at each event."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from mallard.host_names import host_as_read
from mallard.model import DropReason
from mallard.register.site import Exclude
from mallard.reports.decoding import decoded
from mallard.reports.patterns import Pattern, host_pattern, page_pattern


class Exclusions:
    """The exclusions of a document."""

    def __init__(self, exclude: Exclude) -> None:
        self._networks = tuple(map(ip_network, exclude.addresses))
        self._countries = frozenset(exclude.countries)
        self._hosts = tuple(map(host_pattern, exclude.hostnames))
        self._only_hosts = tuple(map(host_pattern, exclude.only_hostnames))
        self._pages = tuple(map(page_pattern, exclude.paths))
        self._agents = tuple(text.lower() for text in exclude.user_agents)

    def reason(
        self, address: str, user_agent: str, country: str | None, hostname: str, pathname: str
    ) -> DropReason | None:
        """Why an event is left out, by the first kind of exclusion that fits; else None."""
        if self._networks and self._has(address):
            return DropReason.EXCLUDED_ADDRESS
        if country in self._countries:
            return DropReason.EXCLUDED_COUNTRY
        if (self._hosts or self._only_hosts) and not self._takes(host_as_read(hostname)):
            return DropReason.EXCLUDED_HOSTNAME
        if self._pages and _fits(self._pages, decoded(pathname)):
            return DropReason.EXCLUDED_PATH
        agent = user_agent.lower()
        if any(text in agent for text in self._agents):
            return DropReason.EXCLUDED_USER_AGENT
        return None

    def _takes(self, host: str) -> bool:
        is_named = not self._only_hosts or _fits(self._only_hosts, host)
        return is_named and not _fits(self._hosts, host)

    def _has(self, text: str) -> bool:
        try:
            address = ip_address(text)
        except ValueError:
            return False  # of a socket that has none
        return any(address in network for network in self._networks)


def _fits(patterns: tuple[Pattern, ...], text: str) -> bool:
    return any(pattern.fits(text) for pattern in patterns)


def exclusions_of(exclude: Exclude) -> Exclusions | None:
    """What a document leaves out; None where that is nothing."""
    return Exclusions(exclude) if any(getattr(exclude, key) for key in KEYS) else None


KEYS = Exclude.__struct_fields__
