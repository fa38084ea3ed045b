"""Puts a server under load from a fixed number of kept-alive connections, and says how it bore it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benches import sockets, wrk
from benches.answers import Answers
from benches.sizes import Size


@dataclass(slots=True)
class Load:
    """The requests of a file, sent in order, over and over; each call goes on where one ended."""

    requests: Path
    connections: int
    _client: Callable[[int, Path, int, float, int], Answers]
    _sent: int = 0

    @classmethod
    def of_size(cls, size: Size, requests: Path) -> Load:
        """A load by the client that the size names."""
        wants_wrk = size.client == "wrk" or (size.client == "auto" and shutil.which("wrk"))
        return cls(requests, size.connections, wrk.drive if wants_wrk else sockets.drive)

    @property
    def client(self) -> str:
        """The name of the client."""
        return self._client.__module__.rpartition(".")[2]

    def put_on(self, port: int, seconds: float) -> Answers:
        """Keeps every connection busy for so long. Raises BenchFailed when an answer is no 202."""
        answers = self._client(port, self.requests, self.connections, seconds, self._sent)
        self._sent += answers.accepted
        return answers
