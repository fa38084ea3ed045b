"""What became of the events of the last days, by UTC day and reason, kept across restarts."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import msgspec
import structlog

from mallard.durable import Insist, anywhere

log = structlog.get_logger("mallard.ingest.daily_counts")

KEPT_DAYS = 7
FILE_NAME = "event-counts.json"
DAMAGED = ".damaged"

Counts = dict[date, Counter[str]]


class DailyCounts:
    """Adds what a tally has grown by to the current day, and keeps the last days in a small file.

    Nothing is counted here per event: the tally is read now and then.
    """

    def __init__(
        self, data_dir: Path, tally: Callable[[], Mapping[str, int]], insist: Insist = anywhere
    ) -> None:
        self._path = data_dir / FILE_NAME
        self._tally = tally
        self._insist = insist
        self._lock = threading.Lock()
        self._seen: Counter[str] = Counter()
        self._days = _read(self._path)
        self._saved = self._days
        self._today = max(self._days, default=None)
        self._day_before: date | None = None

    def of_last_days(self, today: date) -> Counts:
        """The counts of each of the last seven days, today first."""
        with self._lock:
            self._take_in(today)
            days = (today - timedelta(days=n) for n in range(KEPT_DAYS))
            return {day: Counter(self._days.get(day, {})) for day in days}

    def save(self, today: date) -> None:
        """Writes the counts to their file if they have changed; a failure is only logged."""
        with self._lock:
            self._take_in(today)
            if self._days == self._saved:
                return
            try:
                self._insist()
                _write(self._path, self._days)
            except OSError as error:
                log.warning("The counts of the last days could not be kept", error=str(error))
            else:
                self._saved = self._days

    def _take_in(self, today: date) -> None:
        counts = Counter(self._tally())
        grown = counts - self._seen
        self._seen = counts
        if grown:
            self._days = {**self._days, today: self._days.get(today, Counter()) + grown}
        if self._is_believed(today):
            first = today - timedelta(days=KEPT_DAYS - 1)
            self._days = {day: counts for day, counts in self._days.items() if day >= first}

    def _is_believed(self, today: date) -> bool:
        """Whether it follows on the day before: a wrong clock for a while must lose no days."""
        if today != self._today:
            self._day_before, self._today = self._today, today
        return self._day_before == today - timedelta(days=1)


def _read(path: Path) -> Counts:
    try:
        days = msgspec.json.decode(path.read_bytes(), type=dict[date, dict[str, int]])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        aside = path.with_suffix(DAMAGED)
        with suppress(OSError):
            path.replace(aside)
        log.warning("The counts of the last days are lost", error=str(error), kept=str(aside))
        return {}
    return {day: Counter(counts) for day, counts in days.items()}


def _write(path: Path, days: Counts) -> None:
    draft = path.with_suffix(".new")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.encode(days))
    draft.replace(path)
