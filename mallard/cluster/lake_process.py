"""The lake's process, as the server sees it: begun when it is needed, and anew after it failed."""

from __future__ import annotations

import os
import select
import subprocess  # nosec B404
import sys
import time
from contextlib import suppress

import msgspec
import structlog

from mallard.cluster.orders import Answer, AnyOrder, Beginning, Order
from mallard.model import Unavailable

log = structlog.get_logger("mallard.cluster.lake")

PATIENCE_SECS = 120
"""A process that has not answered for so long is ended."""
END_SECS = 10


class NotAdded(Unavailable):
    """The file may be in the lake or not; what the catalog says of its batches tells."""


class LakeProcess:
    """Hands orders to the process, one at a time."""

    def __init__(self, beginning: Beginning) -> None:
        self._beginning = beginning
        self._process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Begins the process, which makes the lake's tables where there are none.

        Raises NotAdded.
        """
        if self._process is not None:
            return
        # Nothing of it comes from outside; what is secret goes through the pipe, not the list.
        command = [sys.executable, "-m", "mallard.cluster.lake"]
        self._process = subprocess.Popen(  # noqa: S603  # nosec B603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._ask(msgspec.json.encode(self._beginning))

    def add(self, order: Order) -> int:
        """Has a file written and added, where it has events; how many. Raises NotAdded."""
        return self.do(order).events

    def do(self, order: AnyOrder) -> Answer:
        """Has an order done; what became of it. Raises NotAdded."""
        self.prepare()
        return self._ask(msgspec.json.encode(order))

    def close(self) -> None:
        """Ends the process, in the midst of an order, too."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        try:
            process.wait(END_SECS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """Ends the process at once, whoever waits for it."""
        if self._process is not None:
            self._process.kill()

    def _ask(self, line: bytes) -> Answer:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise NotAdded("the process of the lake has no pipes")
        try:
            process.stdin.write(line + b"\n")
            process.stdin.flush()
            answer = msgspec.json.decode(_line(process.stdout.fileno()), type=Answer)
        except (OSError, msgspec.DecodeError) as error:
            answer = Answer(f"the process ended: {error}")
        if answer.error is not None:
            process.kill()
            self.close()
            log.warning("The lake did not take a file", error=answer.error)
            raise NotAdded("batches cannot be added to the shared storage; the log says why")
        return answer


def _line(descriptor: int) -> bytes:
    """What comes until the end of a line. Raises OSError when it takes too long, or never comes."""
    end = time.monotonic() + PATIENCE_SECS
    line = b""
    coming = select.poll()  # where select() refuses the numbers of a server with many connections
    coming.register(descriptor, select.POLLIN)
    while not line.endswith(b"\n"):
        if not coming.poll(max(0.0, end - time.monotonic()) * 1000):
            raise TimeoutError(f"no answer in {PATIENCE_SECS} s")
        piece = os.read(descriptor, 65_536)
        if not piece:
            raise BrokenPipeError("no answer came")
        line += piece
    return line
