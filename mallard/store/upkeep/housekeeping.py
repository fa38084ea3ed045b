"""A thread that runs what has to be done now and then, declared as a table of tasks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

log = structlog.get_logger("mallard.store.housekeeping")


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do every so many seconds."""

    name: str
    every_secs: float
    run: Callable[[], None]


class Housekeeping:
    """Runs tasks one after the other; one that fails is logged and runs again when it is due."""

    def __init__(self, tasks: Sequence[Task], name: str = "housekeeping") -> None:
        self.tasks = tasks
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begins; each task first runs when its time has passed once."""
        self._thread.start()

    def stop(self, timeout_secs: float | None = None) -> None:
        """Ends after the task under way; it is left alone where it takes longer than that."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout_secs)

    def _run(self) -> None:
        due = {task.name: time.monotonic() + task.every_secs for task in self.tasks}
        while not self._stop.wait(max(0.0, min(due.values()) - time.monotonic())):
            for task in self.tasks:
                if time.monotonic() >= due[task.name]:
                    self._attempt(task)
                    due[task.name] = time.monotonic() + task.every_secs

    def _attempt(self, task: Task) -> None:
        try:
            task.run()
        except Exception:
            log.exception("A housekeeping task failed; it will be tried again", task=task.name)
