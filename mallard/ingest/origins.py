"""Whose pages may send events, where the settings list the sites."""

from __future__ import annotations

import re
from collections.abc import Collection

from mallard.ingest.refusals import Rejected

_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(\[[0-9a-f:.]+\]|[^\s/\\@:?#\[\]]+)(:[0-9]+)?")
_HOST_NAME = re.compile(r"(?=.{1,253}$)([a-z0-9_-]+\.)*[a-z][a-z0-9-]*")
"""What can be listed, and is no address: that may be the visitor's own."""


class Origins:
    """The sites that are listed; where none is, everybody may send."""

    def __init__(self, site_ids: Collection[str]) -> None:
        self._hosts = frozenset(site.lower() for site in site_ids)

    def check(self, origin: str | None) -> None:
        """Raises Rejected when a page of a foreign site sends this."""
        if origin is None or not self._hosts:
            return
        hosts = _hosts(origin)
        if self._hosts.isdisjoint(hosts):
            named = (host for host in hosts[:1] if _HOST_NAME.fullmatch(host))
            reason = "the Origin of this request is not a site of this instance"
            raise Rejected(403, reason, foreign_host=next(named, None))


def _hosts(origin: str) -> tuple[str, ...]:
    """The host of an Origin header, lower case, alone and with its port; none if there is none."""
    match = _ORIGIN.fullmatch(origin.lower())
    if match is None:
        return ()
    host, port = match[1].strip("[]"), match[2] or ""
    return host, f"{host}{port}"
