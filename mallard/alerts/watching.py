"""Looks whether alerts hold, and tells so once: an alert is quiet until it has cleared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import structlog
from msgspec import structs

from mallard.alerts.reasons import Reason
from mallard.alerts.wanted import One, Wanted, digest
from mallard.notices.book import Alarm, Book, By, Notice
from mallard.notices.delivering import with_notices
from mallard.notices.notebook import Notebook
from mallard.texts.language import ENGLISH, told_in

log = structlog.get_logger("mallard.alerts")


@dataclass(frozen=True, slots=True)
class Judged:
    """An alert, and why it holds, if it does."""

    one: One
    reason: Reason | None


class Watch:
    """Watches all alerts."""

    def __init__(
        self,
        wanted: Wanted,
        notebook: Notebook,
        clock: Callable[[], datetime],
        has_mail: bool,
        language: str = ENGLISH,
    ) -> None:
        self._wanted = wanted
        self._notebook = notebook
        self._clock = clock
        self._has_mail = has_mail
        self._language = language

    def look(self) -> None:
        """Notes which alerts have fired and which have cleared. Raises OSError."""
        now, wanted = self._clock(), list(self._wanted.all())
        judged = list(self._judged(wanted, now))
        keys = {one.key for one in wanted}
        self._notebook.change(lambda book: self._noted(book, keys, judged, now))

    def fired(self, site_id: str) -> list[tuple[One, datetime | None]]:
        """The alerts of a site, and since when each is quiet because it has fired."""
        fired = self._notebook.book.fired
        return [(one, fired.get(one.key)) for one in self._wanted.of(site_id)]

    def _judged(self, wanted: list[One], now: datetime) -> Iterator[Judged]:
        """Where it cannot be told whether one holds, it stays as it is."""
        for one in wanted:
            try:
                with told_in(self._language):
                    reason = self._wanted.reason(one, now)
                yield Judged(one, reason)
            except Exception:
                log.exception("Whether an alert holds cannot be told now", site_id=one.site_id)

    def _noted(self, book: Book, keys: set[str], judged: list[Judged], now: datetime) -> Book:
        """That one has fired and that it waits to be told are one step."""
        fired = {key: since for key, since in book.fired.items() if key in keys}
        new: list[Notice] = []
        for found in judged:
            if found.reason is None:
                fired.pop(found.one.key, None)
            elif found.one.key not in fired:
                fired[found.one.key] = now
                new += self.notices(found.one, found.reason, now)
        return with_notices(structs.replace(book, fired=fired), new)

    def notices(self, one: One, reason: Reason, now: datetime) -> list[Notice]:
        """What tells everybody whom an alert names."""
        alert = one.alert
        alarm = Alarm(alert.name, alert.on, one.site_id, now, reason.text, reason.figures)
        told: list[tuple[By, str]] = [("mail", to) for to in alert.to] if self._has_mail else []
        if alert.webhook:
            told.append(("webhook", alert.webhook))
        return [
            Notice(
                id=digest(one.key, by, to, now.isoformat()),
                by=by,
                to=to,
                form=alert.form,
                content=alarm,
                made=now,
                next_try=now,
            )
            for by, to in told
        ]
