"""Which day it is, as far as more than the clock says so: what is deleted needs a second witness.

A clock can be wrong for a minute, or for as long as a start takes. So a day is believed when there
are events of the day before it; or else when the clock shows a later day than at an earlier look,
and then just the day of that look.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from mallard import durable
from mallard.durable import Insist, anywhere

FILE = "retention.json"
_DRAFT = ".new"


class DaysBelieved:
    """Remembers the day of the last look, across restarts."""

    def __init__(
        self, data_dir: Path, has_events_on: Callable[[date], bool], insist: Insist = anywhere
    ) -> None:
        self._path = data_dir / FILE
        self._has_events_on = has_events_on
        self._insist = insist

    def look(self, today: date) -> date | None:
        """The day that has come beyond doubt, when the clock shows `today`. Raises OSError."""
        self._insist()
        before = self._last()
        if before != today:
            draft = self._path.with_name(FILE + _DRAFT)
            draft.unlink(missing_ok=True)
            durable.replace_file(self._path, f'"{today}"\n'.encode("ascii"), draft)
        if self._has_events_on(today - timedelta(days=1)):
            return today
        # A later look than this one was wrong, or this one is.
        return before if before is not None and before < today else None

    def _last(self) -> date | None:
        try:
            return date.fromisoformat(self._path.read_text(encoding="ascii").strip('"\n'))
        except (FileNotFoundError, ValueError):
            return None
