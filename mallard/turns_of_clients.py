"""A queue in which clients take turns, however much each of them has waiting."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any


class TurnsOfClients:
    """As a deque to waitress's threads: `append` at the end, `popleft` whose turn it is.

    A client's second task comes after the first ones of all others; and whoever `goes_first` comes
    before everybody who does not.
    """

    def __init__(
        self, client_of: Callable[[Any], str], goes_first: Callable[[Any], bool] = lambda _: False
    ) -> None:
        self._client_of = client_of
        self._goes_first = goes_first
        self._first: OrderedDict[str, deque[Any]] = OrderedDict()
        self._others: OrderedDict[str, deque[Any]] = OrderedDict()

    def append(self, task: Any) -> None:
        """Queues a task behind its client's others."""
        client = self._client_of(task)
        turns = self._first if self._goes_first(task) else self._others
        turns.setdefault(client, deque()).append(task)

    def popleft(self) -> Any:
        """The next task. Raises IndexError when there is none."""
        turns = self._first or self._others
        if not turns:
            raise IndexError("nobody waits")
        client, tasks = next(iter(turns.items()))
        task = tasks.popleft()
        if tasks:
            turns.move_to_end(client)
        else:
            del turns[client]
        return task

    def __len__(self) -> int:
        return sum(map(len, (*self._first.values(), *self._others.values())))
