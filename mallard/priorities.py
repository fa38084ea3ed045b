"""Which threads come first at the processor: those that collect, before those that report."""

from __future__ import annotations

import os
import sys
import threading

LOW_PRIORITY = 10


def yield_to_others() -> None:
    """Lowers the priority of the current thread, for good, unless it is as low already.

    Only root may raise it, as it would be in a server that was started by `nice -n 19`.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        lowest = max(LOW_PRIORITY, os.getpriority(os.PRIO_PROCESS, thread))
        os.setpriority(os.PRIO_PROCESS, thread, lowest)
