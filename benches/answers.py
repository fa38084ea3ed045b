"""What a client saw of a server, or why it cannot tell."""

from __future__ import annotations

from dataclasses import dataclass


class BenchFailed(Exception):
    """A benchmark that cannot give a figure, or whose figure would be a lie."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The 202s that came, how long they took, and how many requests were left unanswered."""

    accepted: int
    seconds: float
    p50_ms: float
    p99_ms: float
    cut_off: int = 0
    """At most so many requests were under way when the client went: they may count or not."""

    @property
    def per_second(self) -> float:
        """Events per second."""
        return self.accepted / self.seconds
