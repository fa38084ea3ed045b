"""Whose pages have loaded the tracking script since the start, which tells what goes wrong."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from flask import Response, request

MOST_HOSTS = 20
LOCAL = "localhost"

_IS_LOCAL = re.compile(r"localhost|127[\d.]+|::1")
_HOST_NAME = re.compile(r"(?=.{1,253}$)([a-z0-9_-]+\.)*[a-z][a-z0-9-]*")
"""What is noted: an address may be the visitor's own."""


@dataclass(frozen=True, slots=True)
class ScriptLoad:
    """A host whose pages have loaded the script, None for pages that do not tell; when last."""

    host: str | None
    at: datetime


class ScriptLoads:
    """Notes hosts, the last ones, and nothing of whoever looked at their pages."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._last: dict[str | None, ScriptLoad] = {}

    def add(self, referrer: str | None) -> None:
        """Notes a load by a page, of which the browser tells the address, or its origin alone."""
        host = _host(referrer) if referrer else None
        if host == "":
            return
        with self._lock:
            self._last.pop(host, None)
            self._last[host] = ScriptLoad(host, self._clock())
            if len(self._last) > MOST_HOSTS:
                del self._last[next(iter(self._last))]

    def last(self) -> list[ScriptLoad]:
        """The last loads, the latest first."""
        with self._lock:
            return list(reversed(self._last.values()))


def _host(referrer: str) -> str:
    """The name of a page's host; empty for an address, and for what is none."""
    try:
        host = urlsplit(referrer).hostname or ""
    except ValueError:
        return ""
    if _IS_LOCAL.fullmatch(host):
        return LOCAL
    return host if _HOST_NAME.fullmatch(host) else ""


def noting(loads: ScriptLoads) -> Callable[[Response], Response]:
    """What notes the loads that pass by."""

    def note(response: Response) -> Response:
        if request.endpoint == "tracker.script":
            loads.add(request.referrer)
        return response

    return note
