"""Kills a function before each system call by which it changes something on the disk.

It runs in a forked process that ends on the spot, as one does that is killed: no `finally` runs, no
buffer is written, the kernel lets go of locks. What a loss of power takes is another matter.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

KILLED = 137
DONE = 0
FAILED = 1
MOST_STEPS = 500

# What changes something, by the name that Python audits it by ...
_AUDITED = frozenset(
    (
        "os.chmod",
        "os.link",
        "os.mkdir",
        "os.remove",
        "os.rename",
        "os.rmdir",
        "os.truncate",
        "os.utime",
    )
)
# ... and what it does not audit.
_PATCHED = ("fsync", "ftruncate", "pwrite", "sync", "write")
_NEEDLESS = ("fsync", "sync")
"""What a killed process has written is there for the next one without it, and the disk is slow."""


def killed_before_each_step(
    act: Callable[..., Any], prepare: Callable[[], Any] | None = None
) -> Iterator[int]:
    """Runs `act` in processes of its own, each killed a step later than the one before.

    What `prepare` makes there is given to it, and takes no step. Yields after each kill; the caller
    looks at what is left and puts the beginning back. Ends when a run comes to its end.
    """
    for step in range(MOST_STEPS):
        outcome = _run(act, prepare, step)
        assert outcome in (KILLED, DONE), "the function failed by itself; see its trace above"
        yield step
        if outcome == DONE:
            assert step, "nothing was ever changed"
            return
    raise AssertionError(f"still not done after {MOST_STEPS} steps")


def _run(act: Callable[..., Any], prepare: Callable[[], Any] | None, step: int) -> int:
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    # A collection would touch, and so copy, all that the parent has; what ends so soon needs none.
    gc.disable()
    try:
        given = (prepare(),) if prepare else ()
        _die_at(step)
        act(*given)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(FAILED)
    os._exit(DONE)


def _die_at(step: int) -> None:
    """Ends this process before its `step`-th change, counted from 0."""
    left = step

    def count() -> None:
        nonlocal left
        if not left:
            os._exit(KILLED)
        left -= 1

    def audit(event: str, args: tuple[Any, ...]) -> None:
        if event in _AUDITED or (event == "open" and _may_write(args)):
            count()

    for name in _PATCHED:
        real = getattr(os, name)
        setattr(os, name, _counted((lambda *_: None) if name in _NEEDLESS else real, count))
    sys.addaudithook(audit)


def _may_write(args: tuple[Any, ...]) -> bool:
    flags = args[2] if len(args) > 2 and isinstance(args[2], int) else 0
    return bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def _counted(function: Callable[..., Any], count: Callable[[], None]) -> Callable[..., Any]:
    def counted(*args: Any, **kwargs: Any) -> Any:
        count()
        return function(*args, **kwargs)

    return counted
