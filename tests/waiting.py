"""Waiting for a condition, however slow the machine: only what never comes fails."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_SECS = 600
"""Enough for the slowest machine under the heaviest load; only what is broken waits so long."""
POLL_SECS = 0.005


def until(
    condition: Callable[[], bool],
    what: str = "it is so",
    instead: Callable[[], object] = lambda: "it is not",
) -> None:
    """Returns when the condition holds; fails when it never does, and says what is instead."""
    end = time.monotonic() + PATIENCE_SECS
    while not condition():
        assert time.monotonic() < end, f"waited in vain until {what}: {instead()}"
        time.sleep(POLL_SECS)
