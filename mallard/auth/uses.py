"""On which day something was last used, kept in one small file that may be lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Lock

import msgspec
import structlog

from mallard.auth.files import replace_file
from mallard.durable import Insist, anywhere

log = structlog.get_logger("mallard.auth")

MOST = 10_000


class Uses:
    """The UTC days of last uses, by the ids of what was used; nothing finer is kept."""

    def __init__(
        self, path: Path, clock: Callable[[], datetime], insist: Insist = anywhere
    ) -> None:
        """A file that cannot be read is as good as none: it says nothing that decides anything."""
        self._path = path
        self._clock = clock
        self._insist = insist
        self._lock = Lock()
        self._days = _stored(path)

    def last(self, one: str) -> date | None:
        """The day on which this was last used; None where it was not."""
        return self._days.get(one)

    def note(self, one: str) -> None:
        """Notes that this is used; written once for each and day. A full disk stops nobody."""
        today = self._clock().astimezone(UTC).date()
        if self._days.get(one) == today:
            return
        with self._lock:
            days = self._days | {one: today}
            latest = sorted(days, key=days.__getitem__)[-MOST:]
            self._days = {name: days[name] for name in latest}
            try:
                replace_file(self._path, msgspec.json.encode(self._days), self._insist)
            except OSError as error:
                log.warning("Cannot note the use of a shared link", error=str(error))


def _stored(path: Path) -> dict[str, date]:
    try:
        content = path.read_bytes()
        return msgspec.json.decode(content, type=dict[str, date]) if content else {}
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        log.warning("Cannot read when shared links were last used", error=str(error))
        return {}
