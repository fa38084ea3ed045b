"""Asks other servers, those that are configured and no others, for what passes through here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, cast
from urllib.parse import urljoin

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationParseError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
)
from urllib3.util import Timeout, Url, parse_url

from mallard.model import FailReason
from mallard.portal.failures import Failed, NotThere
from mallard.portal.found import PIECE_BYTES, Found, Nothing

CONNECT_SECS = 5
MAX_REDIRECTS = 5
REDIRECTS = frozenset((301, 302, 303, 307, 308))
REPEATABLE = REDIRECTS - {303}
"""Those after which a body is sent again."""

PORTS = {"http": 80, "https": 443}
"""The schemes that are spoken, and their ports."""

ANSWERED = frozenset((200, 206, 304, 412, 416))
"""What is passed on as it is."""

PASSED_BACK = (
    "Accept-Ranges",
    "Cache-Control",
    "Content-Encoding",
    "Content-Length",
    "Content-Range",
    "Content-Type",
    "ETag",
    "Expires",
    "Last-Modified",
    "Pragma",
    "Vary",
)
"""The headers that tell of the content. No cookie of another server gets through."""

Origin = tuple[str, str, int]
"""Scheme, host and port."""


@dataclass(frozen=True, slots=True)
class Request:
    """What an upstream is asked."""

    method: str
    address: str
    headers: Mapping[str, str]
    body: BinaryIO | None = None


class Upstreams:
    """A pool of connections to the servers at some addresses, and where they may redirect to."""

    def __init__(
        self,
        addresses: Iterable[str],
        redirect_hosts: Iterable[str],
        timeout_secs: float,
        at_once: int,
    ) -> None:
        allowed = {_origin(parse_url(address)) for address in addresses}
        # Whoever moves to https on the same host is followed, never back to http.
        allowed |= {("https", host, 443) for scheme, host, port in allowed if port == 80}
        allowed |= {_origin(parse_url(f"https://{host}")) for host in redirect_hosts}
        self._allowed = frozenset(allowed)
        connect_secs = min(CONNECT_SECS, timeout_secs)
        self._pool = urllib3.PoolManager(
            num_pools=max(1, len(allowed)),
            maxsize=at_once,
            timeout=Timeout(connect=connect_secs, read=timeout_secs),
            retries=False,
        )

    def fetch(self, request: Request) -> Found:
        """The upstream's answer, when it is one to pass on. Raises NotThere or Failed."""
        url = self._permitted(request.address)
        for _ in range(MAX_REDIRECTS + 1):
            response = self._ask(request, url)
            if response.status not in (REDIRECTS if request.body is None else REPEATABLE):
                return _answer(request, response)
            target = response.headers.get("Location", "")
            response.close()
            url = self._permitted(target, url.url)
        raise Failed(FailReason.REDIRECTED, f"{request.address} redirects again and again")

    def _permitted(self, address: str, base: str = "") -> Url:
        try:
            url = parse_url(urljoin(base, address))
            is_allowed = url.auth is None and _origin(url) in self._allowed
        except (LocationParseError, ValueError):
            is_allowed = False
        if not is_allowed:
            raise Failed(FailReason.REDIRECTED, f"{address!r:.200} is on no host of the settings")
        return url

    def _ask(self, request: Request, url: Url) -> urllib3.HTTPResponse:
        """The answer to a request, asked again if a connection had ended since its last use.

        Everything that is asked here is only read, so that does no harm.
        """
        try:
            try:
                return self._send(request, url)
            except ProtocolError:
                return self._send(request, url)
        except HTTPError as error:
            raise _failed(url, error) from error

    def _send(self, request: Request, url: Url) -> urllib3.HTTPResponse:
        if request.body is not None:
            request.body.seek(0)
        scheme, host, port = _origin(url)
        pool = self._pool.connection_from_host(host, port, scheme)
        response = pool.urlopen(
            request.method,
            url.request_uri,
            body=request.body,
            headers=dict(request.headers),
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
        )
        return cast(urllib3.HTTPResponse, response)


class Passing:
    """The content of an upstream's answer as it comes in."""

    def __init__(self, response: urllib3.HTTPResponse) -> None:
        self._response = response
        self._is_complete = False

    def __iter__(self) -> Iterator[bytes]:
        """The content. Raises Failed when the upstream breaks off."""
        try:
            yield from self._pieces()
        except HTTPError as error:
            raise Failed(FailReason.BROKEN_OFF, str(error)) from error
        self._is_complete = True

    def _pieces(self) -> Iterator[bytes]:
        """What has come, as soon as it has: git tells how far it is."""
        response = self._response
        if response.supports_chunked_reads() and response.chunked:
            yield from response.read_chunked(PIECE_BYTES, decode_content=False)
        else:
            while piece := response.read1(PIECE_BYTES, decode_content=False):
                yield piece

    def close(self) -> None:
        """Gives the connection back; one with content still under way is of no more use."""
        if self._is_complete:
            self._response.release_conn()
        else:
            self._response.close()


def _answer(request: Request, response: urllib3.HTTPResponse) -> Found:
    if response.status in ANSWERED:
        headers = {name: found for name in PASSED_BACK if (found := response.headers.get(name))}
        if request.method != "HEAD" and response.status in (200, 206):
            return Found(response.status, headers, Passing(response))
        response.close()
        return Found(response.status, headers, Nothing())
    response.close()
    if response.status in (404, 410):
        raise NotThere
    raise Failed(FailReason.REFUSED, f"{request.address} answers {response.status}")


def _origin(url: Url) -> Origin:
    """Raises ValueError for an address that names no host."""
    scheme, host = (url.scheme or "").lower(), (url.host or "").lower()
    if scheme not in PORTS or not host:
        raise ValueError("no address of a server")
    return scheme, host, url.port or PORTS[scheme]


def _failed(url: Url, error: HTTPError) -> Failed:
    is_slow = isinstance(error, ReadTimeoutError | ConnectTimeoutError)
    # urllib3 takes a refused connection for a kind of slow one.
    is_slow = is_slow and not isinstance(error, NewConnectionError)
    reason = FailReason.SLOW if is_slow else FailReason.UNREACHABLE
    return Failed(reason, f"{url.scheme}://{url.netloc}: {error}")
