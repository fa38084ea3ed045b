"""Carries notices by mail: writes each letter as its turn comes, and hands it over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from email.message import EmailMessage

import structlog

from mallard.config import Smtp
from mallard.mail.letters import Letter, message_of
from mallard.mail.smtp import Connection, Never, NotNow, connected, sender_of
from mallard.notices.book import Notice
from mallard.notices.delivering import NotYet, Outcome, Refused, Taken

Write = Callable[[Notice], Letter | None]
"""Writes the letter of a notice; None for one that nobody wants any more."""

log = structlog.get_logger("mallard.mail")


class ByMail:
    """The way of mail: one connection for all that are due."""

    def __init__(self, settings: Smtp, write: Write, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._write = write
        self._clock = clock

    def carry(self, notices: Sequence[Notice]) -> Iterator[tuple[Notice, Outcome]]:
        """Tries each; where no server is there, all of them wait."""
        waiting = list(notices)
        try:
            with connected(self._settings) as server:
                while waiting:
                    yield waiting[0], self._one(server, waiting[0])
                    del waiting[0]
        except NotNow as error:
            for notice in waiting:
                yield notice, NotYet(str(error))

    def _one(self, server: Connection, notice: Notice) -> Outcome:
        try:
            message = self._message(notice)
        except Exception as error:
            # Whatever a report fails for, the others go out.
            log.exception("A mail could not be written; it will be tried again")
            return NotYet(f"it could not be written: {error}")
        if message is None:
            return Taken()
        try:
            server.hand_over(message)
        except NotNow as error:
            return NotYet(str(error))
        except Never as error:
            return Refused(str(error))
        return Taken()

    def _message(self, notice: Notice) -> EmailMessage | None:
        letter = self._write(notice)
        if letter is None:
            return None
        return message_of(letter, sender_of(self._settings), notice.id, self._clock())
