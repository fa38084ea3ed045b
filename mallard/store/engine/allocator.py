"""Has DuckDB's allocator return to the system, soon, what reports have freed.

It keeps memory for a second, on top of DuckDB's limit and without a bound, and looks after it only
when more is asked for: with ten million events that came to 200 MB. DuckDB has a setting for the
threads that look after it, but none for the time. That is jemalloc's own, and DuckDB's library
exports the function that sets it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import _duckdb

BACKGROUND_THREADS: dict[str, bool] = {"allocator_background_threads": True}
"""DuckDB's setting that has memory returned while nothing runs."""

DECAY_MS = {"dirty_decay_ms": 200, "muzzy_decay_ms": 0}
"""How long freed memory stays: at 0 reports take a quarter longer, at 200 it cannot be measured."""

PURGE = b"arena.4096.purge"
"""For the number jemalloc has the name MALLCTL_ARENAS_ALL."""

_Control = Callable[..., int]


def give_back_soon(within_ms: int = DECAY_MS["dirty_decay_ms"]) -> None:
    """Shortens the time for the whole process; where there is no jemalloc nothing happens."""
    control = _control()
    if control is None:
        return
    # The first is for arenas to come. One that is not in use yet refuses, and will be one of them.
    arenas = range(_read(control, "arenas.narenas", ctypes.c_uint(0)))
    for place in ("arenas", *(f"arena.{number}" for number in arenas)):
        for name, milliseconds in (DECAY_MS | {"dirty_decay_ms": within_ms}).items():
            value = ctypes.c_ssize_t(milliseconds)
            size = ctypes.sizeof(value)
            control(f"{place}.{name}".encode(), None, None, ctypes.byref(value), size)


def give_back_now() -> bool:
    """Returns to the system what is freed by now; whether DuckDB's was, as there is jemalloc.

    The C library, which Python uses, is told to do the same where it can.
    """
    if (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:
        trim(0)
    control = _control()
    return control is not None and not control(PURGE, None, None, None, 0)


def decay_ms() -> int | None:
    """How long freed memory stays with the process; None where there is no jemalloc."""
    control = _control()
    return control and _read(control, "arenas.dirty_decay_ms", ctypes.c_ssize_t(0))


def _control() -> _Control | None:
    """jemalloc's mallctl(name, old value, its size, new value, its size), under DuckDB's prefix."""
    return getattr(ctypes.CDLL(_duckdb.__file__), "duckdb_je_mallctl", None)


def _read(control: _Control, name: str, value: ctypes.c_uint | ctypes.c_ssize_t) -> int:
    size = ctypes.c_size_t(ctypes.sizeof(value))
    control(name.encode(), ctypes.byref(value), ctypes.byref(size), None, 0)
    return int(value.value)
