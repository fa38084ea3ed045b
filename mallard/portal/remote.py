"""Releases and repositories that other servers keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO
from urllib.parse import quote

from mallard.portal.found import Found
from mallard.portal.names import UPLOAD_PACK
from mallard.portal.ranges import PASSED_ON, Asked
from mallard.portal.upstreams import Request, Upstreams

AGENT = "Mallard"

GIT_HEADERS = (
    "accept",
    "accept-encoding",
    "accept-language",
    "content-encoding",
    "content-length",
    "content-type",
    "git-protocol",
    "user-agent",
)
"""What git tells the server that it speaks to."""


class Remote:
    """The releases of a project at addresses of one form."""

    def __init__(self, template: str, upstreams: Upstreams) -> None:
        self._template = template
        self._upstreams = upstreams

    def fetch(self, version: str, asset: str, asked: Asked, with_body: bool) -> Found:
        """A release's file, or the part that is asked for. Raises NotThere or Failed."""
        address = self._template.replace("{version}", quote(version, safe=""))
        address = address.replace("{asset}", quote(asset, safe=""))
        headers = {name: asked[name] for name in PASSED_ON if name in asked}
        headers.setdefault("accept-encoding", "identity")
        method = "GET" if with_body else "HEAD"
        return self._upstreams.fetch(Request(method, address, headers | {"user-agent": AGENT}))


class Repository:
    """A repository that is read by git's smart protocol, whichever version of it."""

    def __init__(self, address: str, upstreams: Upstreams) -> None:
        self._address = address
        self._upstreams = upstreams

    def advertise(self, headers: Mapping[str, str]) -> Found:
        """What there is: how each clone and fetch begins. Raises NotThere or Failed."""
        address = f"{self._address}/info/refs?service={UPLOAD_PACK}"
        return self._upstreams.fetch(Request("GET", address, _of_git(headers)))

    def upload(self, headers: Mapping[str, str], body: BinaryIO) -> Found:
        """The objects that a client asks for. Raises NotThere or Failed."""
        address = f"{self._address}/{UPLOAD_PACK}"
        return self._upstreams.fetch(Request("POST", address, _of_git(headers), body))


def _of_git(headers: Mapping[str, str]) -> dict[str, str]:
    passed = {name: headers[name] for name in GIT_HEADERS if name in headers}
    passed.setdefault("accept-encoding", "identity")
    passed.setdefault("user-agent", AGENT)
    return passed
