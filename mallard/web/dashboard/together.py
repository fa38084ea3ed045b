"""Asks for the parts of a page at the same time, as there is more than one processor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from mallard.priorities import yield_to_others

AT_ONCE = 2
"""Most of a quick report is planned by one thread."""


def together(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each of the calls returns, in their order; what the first that fails raises.

    Those who ask have the priority of DuckDB's own threads, or these, whom they wait for, would
    have to wait for them.
    """
    with ThreadPoolExecutor(
        AT_ONCE, thread_name_prefix="panel", initializer=yield_to_others
    ) as pool:
        # What is logged meanwhile is of the request that asks.
        begun = [pool.submit(copy_context().run, call) for call in calls]
        return [call.result() for call in begun]
