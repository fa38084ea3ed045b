"""Runs a function in a process of its own, so that the memory and the time it takes are its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

from mallard import logs

P = ParamSpec("P")
T = TypeVar("T")


def apart(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the function returns or raises there."""
    with ProcessPoolExecutor(1, get_context("spawn"), _quiet) as process:
        return process.submit(function, *args, **kwargs).result()


def _quiet() -> None:
    logs.configure("text", "warning")
