"""Failed logins are counted by client address; too many in a row lock it out for a while."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address
from threading import Condition
from typing import Protocol

MOST_CLIENTS = 10_000
MOST_KNOWN = 2_000
"""Each client is known by itself, and by the account that it has got into."""
NETWORK_OF_A_CLIENT = 64
"""An IPv6 client commands 2^64 addresses, and counts as one."""
NETWORK_OF_A_CUSTOMER = 48
"""Some command as many such networks as this one has, 65,536. It may also be several customers'."""
NETWORK_FACTOR = 4
"""So many times as often as a client may fail all of such a network."""
SHARED_FACTOR = 10
"""So many times as often may fail all who come through a proxy that does not tell them apart."""


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


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with what attempts are counted under."""

    failures: int
    locked_secs: float


class Elsewhere(Protocol):
    """What several servers count together. Nothing of it fails: then it tells of nothing."""

    def standing(self, names: Sequence[str]) -> Mapping[str, Standing]:
        """How it stands with each that is known."""

    def failed(self, names: Sequence[str]) -> Mapping[str, int]:
        """Counts a failed attempt under each; how many that makes, by whichever server."""

    def lock(self, names: Sequence[str]) -> None:
        """Locks these out, for as long as a lockout lasts."""

    def clear(self, names: Sequence[str]) -> None:
        """Counts from the beginning under these."""


class Alone:
    """There is no other server."""

    def standing(self, names: Sequence[str]) -> Mapping[str, Standing]:
        """Nothing."""
        return {}

    def failed(self, names: Sequence[str]) -> Mapping[str, int]:
        """Nothing."""
        return {}

    def lock(self, names: Sequence[str]) -> None:
        """Nothing is told."""

    def clear(self, names: Sequence[str]) -> None:
        """Nothing is told."""


class Lockout:
    """Lets a client try `max_attempts` times in a row, also when it tries all at once.

    0 attempts mean no limit. A client that keeps quiet for as long as a lockout lasts is forgotten.
    An IPv6 client counts towards the network around it as well, unless it has got in before.
    What fails at one account is forgotten when that very account is got into, and not when another
    is: whoever has one of his own guesses no faster at somebody else's.
    """

    def __init__(
        self,
        max_attempts: int,
        lockout_secs: int,
        clock: Callable[[], datetime],
        most_clients: int = MOST_CLIENTS,
        is_shared: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._max = max_attempts
        self._lasts = timedelta(seconds=lockout_secs)
        self._clock = clock
        self._most_clients = most_clients
        self._is_shared = is_shared
        self._clients: OrderedDict[str, _Client] = OrderedDict()
        self._known: OrderedDict[str, None] = OrderedDict()
        self._changed = Condition()
        self.elsewhere: Elsewhere = Alone()
        """What other servers have counted, where there are several."""
        self.failures = 0
        """Failed attempts since the start, by anyone."""

    @contextmanager
    def attempt(self, address: str, account: str = "") -> Iterator[None]:
        """Around one attempt, which fails by raising WrongPassword. Raises LockedOut.

        As many attempts of a client run at a time as it has left; further ones wait for those.
        """
        counted = self._counted(address, account)
        self._begin(counted)
        own = _names(address, account)
        try:
            yield
        except WrongPassword:
            self._end(counted, own, failed=True)
            raise
        except BaseException:
            self._end(counted, own, failed=None)
            raise
        self._end(counted, own, failed=False)
        self._remember(own)

    def is_known(self, address: str, account: str = "") -> bool:
        """Whether the client has got in since the start, into this account if one is named."""
        return _names(address, account)[-1] in self._known

    def __len__(self) -> int:
        return len(self._clients)

    def _counted(self, address: str, account: str) -> dict[str, int]:
        """What an attempt is counted under, and how many of each may fail."""
        own = _names(address, account)
        most = self._max * (SHARED_FACTOR if self._is_shared(address) else 1)
        network = _network(address, NETWORK_OF_A_CUSTOMER)
        counted = dict.fromkeys(own, most)
        if network is not None and own[0] not in self._known:
            counted[network] = most * NETWORK_FACTOR
        return counted

    def _begin(self, counted: dict[str, int]) -> None:
        standing = self.elsewhere.standing(list(counted))
        with self._changed:
            for name, one in standing.items():
                client = self._client(name)
                client.failures = one.failures
                client.locked_until = self._clock() + timedelta(seconds=one.locked_secs)
            while True:
                clients = [(self._client(name), most) for name, most in counted.items()]
                for client, _ in clients:
                    self._refuse_if_locked(client)
                if all(not most or one.failures + one.under_way < most for one, most in clients):
                    break
                self._changed.wait()
            for client, _ in clients:
                client.under_way += 1

    def _end(self, counted: dict[str, int], own: tuple[str, ...], failed: bool | None) -> None:
        counts = self.elsewhere.failed(list(counted)) if failed else {}
        locked = []
        with self._changed:
            self.failures += bool(failed)
            for name, most in counted.items():
                client = self._client(name)
                client.under_way = max(0, client.under_way - 1)
                if failed:
                    client.failures = max(client.failures + 1, counts.get(name, 0))
                elif failed is False and name in own:
                    client.failures = 0
                if most and client.failures >= most:
                    client.failures, client.locked_until = 0, self._clock() + self._lasts
                    locked.append(name)
                if not (client.failures or client.under_way or client.locked_until):
                    del self._clients[name]
            self._changed.notify_all()
        if locked:
            self.elsewhere.lock(locked)
        if failed is False:
            self.elsewhere.clear(own)

    def _remember(self, names: tuple[str, ...]) -> None:
        with self._changed:
            for name in names:
                self._known[name] = None
                self._known.move_to_end(name)
            while len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)

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


def _names(address: str, account: str) -> tuple[str, ...]:
    """What a client's attempts are counted under: all of them, and those at one account, if any."""
    name = client_name(address)
    return (name, f"{name} at {account}") if account else (name,)


def client_name(address: str) -> str:
    """What a client is counted under: its address, or the network it commands."""
    return _network(address, NETWORK_OF_A_CLIENT) or address


def neighbourhood(address: str) -> str:
    """What a client waits its turn with: its address, or all that one customer may command."""
    return _network(address, NETWORK_OF_A_CUSTOMER) or address


def _network(address: str, bits: int) -> str | None:
    """The network of so many bits that an IPv6 address is in; None for anything else."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    if not isinstance(parsed, IPv6Address):
        return None
    return str(IPv6Network((int(parsed), bits), strict=False))
