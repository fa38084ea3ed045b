"""Of which sites events may come, and from whose pages, where the settings list the sites."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from mallard.ingest.refusals import Rejected
from mallard.model import MAX_SITE_ID, SITE_ID_PATTERN
from mallard.texts.said import said

FOREIGN = said("the Origin of this request is not a site of this instance")
"""As in tracker_help.js."""

_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(\[[0-9a-f:.]+\]|[^\s/\\@:?#\[\]]+)(:[0-9]+)?")
_SITE_ID = re.compile(SITE_ID_PATTERN)
_HOST_NAME = re.compile(r"(?=.{1,253}$)([a-z0-9_-]+\.)*[a-z][a-z0-9-]*")
"""What can be listed, and is no address: that may be the visitor's own."""


EVERY = "*."
"""Begins an entry that lists all hosts below one."""


class Origins:
    """The sites that are listed; where none is, everybody may send."""

    def __init__(self, site_ids: Collection[str], site_behind: Callable[[str], str]) -> None:
        self._sites = frozenset(site_ids)
        self._hosts = frozenset(bare(site.lower()) for site in site_ids)
        # What an entry such as *.example.com has after its star.
        self._endings = tuple(s.lower()[1:] for s in site_ids if s.startswith(EVERY))
        self._site_behind = site_behind

    def has_site(self, site_id: str) -> bool:
        """Whether events of this site may come."""
        return not self._sites or site_id in self._sites or self._is_below(site_id.lower())

    def check(self, origin: str | None) -> None:
        """Raises Rejected when a page of a foreign site sends this."""
        if origin is None or not self._hosts:
            return
        hosts = _hosts(origin)
        if not any(map(self._has_host, hosts)):
            named = (host for host in hosts[:1] if _HOST_NAME.fullmatch(host))
            raise Rejected(403, FOREIGN, foreign_host=next(named, None))

    def _has_host(self, host: str) -> bool:
        return (
            bare(host) in self._hosts
            or self._is_below(host)
            or bare(self._site_behind(host).lower()) in self._hosts
        )

    def _is_below(self, host: str) -> bool:
        return host.endswith(self._endings) and host not in self._endings


def check_site_id(site_id: str) -> None:
    """Raises Rejected for what cannot be the id of a site."""
    if not site_id:
        raise Rejected(400, said("d (site id) is empty"))
    if len(site_id) > MAX_SITE_ID:
        raise Rejected(
            400,
            said("d (site id) is longer than %(most)s characters", most=MAX_SITE_ID),
        )
    if not _SITE_ID.fullmatch(site_id):
        raise Rejected(400, said("d (site id) may hold ASCII letters, digits and . - _ : only"))


def bare(host: str) -> str:
    """A host without `www.`, with which it is one site's."""
    return host.removeprefix("www.")


def _hosts(origin: str) -> tuple[str, ...]:
    """The host of an Origin header, lower case, alone and with its port; none if there is none."""
    match = _ORIGIN.fullmatch(origin.lower())
    if match is None:
        return ()
    host, port = match[1].strip("[]"), match[2] or ""
    return host, f"{host}{port}"
