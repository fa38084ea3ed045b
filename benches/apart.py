"""Runs a function in a process of its own, so that the memory and the time it takes are its own."""

from __future__ import annotations

import ctypes
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

from mallard import logs

PR_SET_PDEATHSIG = 1
"""From <sys/prctl.h>: the signal that a process gets when its parent is gone."""

P = ParamSpec("P")
T = TypeVar("T")


def apart(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the function returns or raises there."""
    with ProcessPoolExecutor(1, get_context("spawn"), _begin) as process:
        return process.submit(function, *args, **kwargs).result()


def _begin() -> None:
    """Is quiet, and ends with the one who began it, however that ends."""
    logs.configure("text", "warning")
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
