"""How much of everything a run of the benchmarks does."""

from __future__ import annotations

from dataclasses import dataclass

CLIENTS = ("auto", "wrk", "python")
"""`auto` is wrk where it is installed."""


@dataclass(frozen=True, slots=True)
class Size:
    """The defaults give figures worth writing down; tests choose smaller ones."""

    seconds: float = 4.0
    rounds: int = 5
    events: int = 100_000
    connections: int = 16
    client: str = "auto"
    stored: int = 10_000_000
    days: int = 30
    """Of a month, that these events are of."""
