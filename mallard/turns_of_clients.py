"""A queue in which clients take turns, however much each of them has waiting, up to a limit."""

from __future__ import annotations

import sys
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

Turns = OrderedDict[str, deque[Any]]
"""What each client has waiting, in the order of turns."""


class TurnsOfClients:
    """As a deque to waitress's threads: `append` at the end, `popleft` whose turn it is.

    A client's second task comes after the first ones of all others; and whoever `goes_first` comes
    before everybody who does not. At most `most` tasks wait of those who go first, as many of the
    others, and of a task's client no more than `most_of` says.
    """

    def __init__(
        self,
        client_of: Callable[[Any], str],
        goes_first: Callable[[Any], bool] = lambda _: False,
        most: int = sys.maxsize,
        most_of: Callable[[Any], int] = lambda _: sys.maxsize,
    ) -> None:
        self._client_of = client_of
        self._goes_first = goes_first
        self._most = most
        self._most_of = most_of
        self._first: Turns = OrderedDict()
        self._others: Turns = OrderedDict()

    def append(self, task: Any) -> Any | None:
        """Queues a task behind its client's others; the task that finds no room any more, if any.

        That is the last one of whoever has most waiting, where there is such a crowd, or else the
        very task that comes.
        """
        turns = self._first if self._goes_first(task) else self._others
        client = self._client_of(task)
        waiting = len(turns.get(client, ()))
        turned_away = None
        if waiting >= self._most_of(task):
            return task
        if _count(turns) >= self._most:
            crowd = max(turns.values(), key=len, default=deque())
            if len(crowd) <= waiting + 1:
                return task
            turned_away = crowd.pop()
        turns.setdefault(client, deque()).append(task)
        return turned_away

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
        return _count(self._first) + _count(self._others)


def _count(turns: Turns) -> int:
    return sum(map(len, turns.values()))
