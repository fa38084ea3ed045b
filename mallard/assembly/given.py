"""What all parts are made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from mallard.config import Settings
from mallard.metrics import Metrics
from mallard.store.engine.directory import DataDirectory

Clock = Callable[[], datetime]
Timer = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Given:
    """The settings, the directory, and what time it is."""

    settings: Settings
    directory: DataDirectory
    clock: Clock
    timer: Timer
    """Seconds that pass evenly, for whatever lasts a while: the clock may be set."""
    metrics: Metrics = field(default_factory=Metrics)
