"""Processes of Mallard that a process forks which has imported it: seven eighths of a start less.

What they run, `python -m MODULE`, begins as in a process of its own, but for Python's own start.
"""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TextIO

_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload(["mallard.cli", "mallard.wsgi", "mallard.server"])


class Forked:
    """`python -m MODULE ARGUMENTS...` with these variables and no others."""

    def __init__(self, module: str, *arguments: str, env: Mapping[str, str]) -> None:
        reader, writer = _FORKS.Pipe(duplex=False)
        with reader, writer:
            self._process = _FORKS.Process(
                target=_run, args=(module, arguments, dict(env), os.getcwd(), writer)
            )
            self._process.start()
            self.stderr: TextIO = os.fdopen(os.dup(reader.fileno()), encoding="utf-8")

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """The exit code, a signal's less than 0; None while it runs."""
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def wait(self, timeout: float) -> int:
        """The exit code, once it has ended."""
        self._process.join(timeout)
        code = self._process.exitcode
        assert code is not None, "waited in vain for the end of a process"
        return code


def _run(
    module: str, arguments: tuple[str, ...], env: Mapping[str, str], folder: str, said: Connection
) -> None:
    os.dup2(said.fileno(), sys.stderr.fileno())
    said.close()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
