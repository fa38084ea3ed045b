"""Puts a server under load: a fixed number of kept-alive connections that are always busy."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benches import sockets, wrk
from benches.answers import Answers
from benches.sizes import Size


@dataclass(slots=True)
class Load:
    """The requests of a file, sent in order, over and over, to each port from where it ended."""

    requests: Path
    connections: int
    client: str
    _drive: Callable[[int, Path, int, float, int], Answers]
    _sent: Counter[int] = field(default_factory=Counter)

    @classmethod
    def of_size(cls, size: Size, requests: Path) -> Load:
        """A load by the client that the size names."""
        client = size.client
        if client == "auto":
            client = "wrk" if shutil.which("wrk") else "python"
        drive = wrk.drive if client == "wrk" else sockets.drive
        return cls(requests, size.connections, client, drive)

    def put_on(self, port: int, seconds: float) -> Answers:
        """Keeps every connection busy for so long. Raises BenchFailed when an answer is no 202."""
        answers = self._drive(port, self.requests, self.connections, seconds, self._sent[port])
        self._sent[port] += answers.accepted
        return answers
