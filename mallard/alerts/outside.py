"""Posts to servers elsewhere, and to none in this server's own network.

A name says nothing: it may lead inside, or outside when it is looked at and inside when it is used.
So the address is judged that the connection is made to, after the name was looked up for the last
time; redirects are not followed, proxies of the environment are not asked, and the machine's own
address is no stranger's even where it is a public one.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from mallard import __version__
from mallard.model import MallardError
from mallard.texts.said import said, within

Network = IPv4Network | IPv6Network

CONNECT_SECS = 10.0
WHOLE_SECS = 30.0
"""For all of it: a server that sends a sign now and then ends no request."""
TRANSLATED = IPv6Network("64:ff9b::/96")
OF_THE_INTERNET = IPv6Network("2000::/3")
"""All that single hosts there have; what else looks public is translated within some network."""
MOST_TRIED = 4


class NotTaken(MallardError):
    """The other server has not taken it; the text says why."""


class Inside(NotTaken):
    """It would have gone to this server's own network."""


def is_inside(address: str) -> bool:
    """Whether an address is of this machine, of a private network, or of no single host at all."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        within = _within(found)
        if within is not None:
            return is_inside(str(within))
        if found not in OF_THE_INTERNET:
            return True
    return not found.is_global or found.is_multicast


def _within(found: IPv6Address) -> IPv4Address | None:
    """The older address that stands in a newer one, and is where it leads in the end."""
    if found.ipv4_mapped is not None:
        return found.ipv4_mapped
    if found.sixtofour is not None:
        return found.sixtofour
    if found.teredo is not None:
        return found.teredo[1]
    is_old = found in TRANSLATED or int(found) >> 32 == 0
    return IPv4Address(int(found) & 0xFFFFFFFF) if is_old else None


class Outside:
    """The way to other servers; `allowed` are networks that may be reached although inside."""

    def __init__(
        self,
        allowed: Sequence[Network] = (),
        connect_secs: float = CONNECT_SECS,
        whole_secs: float = WHOLE_SECS,
    ) -> None:
        self._allowed = tuple(allowed)
        self._connect_secs = connect_secs
        self._whole_secs = whole_secs

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Returns when the server has taken it, by a status of 2xx. Raises NotTaken, Inside."""
        try:
            status = self._status(url, body, headers)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NotTaken(within(_host(url), str(error) or type(error).__name__)) from None
        if 300 <= status < 400:
            raise NotTaken(
                said(
                    "%(host)s answers %(status)s: redirects are not followed",
                    host=_host(url),
                    status=status,
                )
            )
        if not 200 <= status < 300:
            raise NotTaken(said("%(host)s answers %(status)s", host=_host(url), status=status))

    def _status(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        parts = urlsplit(url)
        host, is_tls = parts.hostname or "", parts.scheme == "https"
        sock = self._connected(host, parts.port or (443 if is_tls else 80))
        # It ends the connection under whatever is being waited for, the handshake of TLS too.
        held: list[socket.socket] = [sock]
        is_over = threading.Event()
        alarm = threading.Timer(self._whole_secs, lambda: _end(held[0], is_over))
        alarm.daemon = True
        alarm.start()
        connection = http.client.HTTPConnection(host, parts.port, timeout=self._connect_secs)
        try:
            if is_tls:
                held[0] = encrypted = _encrypted(sock, host)
                encrypted.do_handshake()
            connection.sock = held[0]
            target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
            own = {"User-Agent": f"Mallard/{__version__}", "Connection": "close"}
            connection.request("POST", target, body, {**headers, **own, "Host": parts.netloc})
            status = connection.getresponse().status
            if is_over.is_set():
                raise OSError(f"no whole answer within {self._whole_secs:g} seconds")
            return status
        finally:
            alarm.cancel()
            connection.close()
            held[0].close()

    def _connected(self, host: str, port: int) -> socket.socket:
        """A connection to an address that was judged. Raises Inside, OSError."""
        failure: OSError | None = None
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        for family, kind, protocol, _, address in found[:MOST_TRIED]:
            self._check(host, str(address[0]))
            sock = socket.socket(family, kind, protocol)
            sock.settimeout(self._connect_secs)
            try:
                sock.connect(address)
                self._check_peer(host, sock)
                return sock
            except BaseException as error:
                sock.close()
                if not isinstance(error, OSError):
                    raise
                failure = error
        raise failure or OSError("it has no address")

    def _check_peer(self, host: str, sock: socket.socket) -> None:
        """That the other end is what was judged, and not this machine under a public address."""
        here, there = str(sock.getsockname()[0]), str(sock.getpeername()[0])
        self._check(host, there)
        if here == there and not self._is_allowed(there):
            raise Inside(_no_way(host))

    def _check(self, host: str, address: str) -> None:
        if is_inside(address) and not self._is_allowed(address):
            raise Inside(_no_way(host))

    def _is_allowed(self, address: str) -> bool:
        found = ip_address(address.partition("%")[0])
        mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
        return any((mapped or found) in network for network in self._allowed)


def _encrypted(sock: socket.socket, host: str) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    return context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)


def _no_way(host: str) -> str:
    return f"{host} is in this server's own network, which webhooks.allowed_networks does not name"


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _end(sock: socket.socket, is_over: threading.Event) -> None:
    is_over.set()
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        sock.close()
