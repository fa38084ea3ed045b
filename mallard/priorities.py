"""Which threads come first at the processor: those that collect, before those that report."""

from __future__ import annotations

import os
import sys
import threading

LOW_PRIORITY = 10


def yield_to_others() -> None:
    """Lowers the priority of the current thread, for good."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOW_PRIORITY)
