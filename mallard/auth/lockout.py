"""Failed logins are counted by client address; too many in a row lock it out for a while."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address
from threading import Condition

MOST_CLIENTS = 10_000
NETWORK_OF_A_CLIENT = 64
"""An IPv6 client commands 2^64 addresses, and counts as one."""


class LockedOut(Exception):
    """The client has to wait `retry_after_secs`, whole seconds and at least 1."""

    def __init__(self, retry_after_secs: int) -> None:
        super().__init__("Too many failed login attempts. Try again later.")
        self.retry_after_secs = retry_after_secs


class WrongPassword(Exception):
    """An attempt failed."""


@dataclass(slots=True)
class _Client:
    seen: datetime
    failures: int = 0
    under_way: int = 0
    locked_until: datetime | None = None


class Lockout:
    """Lets a client try `max_attempts` times in a row, also when it tries all at once.

    0 attempts mean no limit. A client that keeps quiet for as long as a lockout lasts is forgotten.
    """

    def __init__(
        self,
        max_attempts: int,
        lockout_secs: int,
        clock: Callable[[], datetime],
        most_clients: int = MOST_CLIENTS,
    ) -> None:
        self._max = max_attempts
        self._lasts = timedelta(seconds=lockout_secs)
        self._clock = clock
        self._most_clients = most_clients
        self._clients: OrderedDict[str, _Client] = OrderedDict()
        self._changed = Condition()
        self.failures = 0
        """Failed attempts since the start, by anyone."""

    @contextmanager
    def attempt(self, address: str) -> Iterator[None]:
        """Around one attempt, which fails by raising WrongPassword. Raises LockedOut.

        As many attempts of a client run at a time as it has left; further ones wait for those.
        """
        name = client_name(address)
        self._begin(name)
        try:
            yield
        except WrongPassword:
            self._end(name, failed=True)
            raise
        except BaseException:
            self._end(name, failed=None)
            raise
        self._end(name, failed=False)

    def __len__(self) -> int:
        return len(self._clients)

    def _begin(self, name: str) -> None:
        with self._changed:
            while True:
                client = self._client(name)
                self._refuse_if_locked(client)
                if not self._max or client.failures + client.under_way < self._max:
                    break
                self._changed.wait()
            client.under_way += 1

    def _end(self, name: str, failed: bool | None) -> None:
        with self._changed:
            client = self._client(name)
            client.under_way = max(0, client.under_way - 1)
            if failed:
                self.failures += 1
                client.failures += 1
            elif failed is False:
                client.failures = 0
            if self._max and client.failures >= self._max:
                client.failures, client.locked_until = 0, self._clock() + self._lasts
            if not (client.failures or client.under_way or client.locked_until):
                del self._clients[name]
            self._changed.notify_all()

    def _refuse_if_locked(self, client: _Client) -> None:
        if client.locked_until is None:
            return
        left = (client.locked_until - self._clock()).total_seconds()
        if left > 0:
            raise LockedOut(max(1, math.ceil(left)))
        client.locked_until = None

    def _client(self, name: str) -> _Client:
        """The client's record; the one that was quiet longest is given up for a new one."""
        now = self._clock()
        self._forget_quiet(now)
        client = self._clients.get(name)
        if client is None:
            if len(self._clients) >= self._most_clients:
                self._clients.popitem(last=False)
            client = self._clients[name] = _Client(now)
        client.seen = now
        self._clients.move_to_end(name)
        return client

    def _forget_quiet(self, now: datetime) -> None:
        # Who waits that long on his own guesses no faster than who is locked out.
        while self._clients:
            name, client = next(iter(self._clients.items()))
            if client.under_way or now - client.seen < self._lasts:
                return
            del self._clients[name]


def client_name(address: str) -> str:
    """What a client is counted under: its address, or the network it commands."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    return str(IPv6Network((int(parsed), NETWORK_OF_A_CLIENT), strict=False))
