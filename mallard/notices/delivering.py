"""Brings notices to whoever takes them, again and again until they are taken or given up.

A notice leaves the document after it was taken. If that is the very moment of a kill, or the
answer is lost on its way, it is sent once more, with the same id: twice is better than never.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from msgspec import structs

from mallard.notices.book import Book, By, Notice, Trouble
from mallard.notices.notebook import Notebook

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(days=3)

log = structlog.get_logger("mallard.notices")


@dataclass(frozen=True, slots=True)
class Taken:
    """It has arrived, or is no longer wanted."""


@dataclass(frozen=True, slots=True)
class NotYet:
    """It was not taken, and may be later."""

    why: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It will never be taken."""

    why: str


Outcome = Taken | NotYet | Refused


class Carrier(Protocol):
    """A way for notices to go."""

    def carry(self, notices: Sequence[Notice]) -> Iterator[tuple[Notice, Outcome]]:
        """Tries each, and says of each what became of it before it tries the next."""


class Deliveries:
    """What goes one way."""

    def __init__(
        self, notebook: Notebook, by: By, carrier: Carrier, clock: Callable[[], datetime]
    ) -> None:
        self._notebook = notebook
        self._by = by
        self._carrier = carrier
        self._clock = clock

    def run(self) -> None:
        """Tries all whose time has come. Raises OSError where it cannot be noted."""
        now = self._clock()
        waiting = self._notebook.book.queue
        due = [one for one in waiting if one.by == self._by and one.next_try <= now]
        if not due:
            return
        for notice, outcome in self._carrier.carry(due):
            self._note(notice, outcome, self._clock())

    def _note(self, notice: Notice, outcome: Outcome, now: datetime) -> None:
        if isinstance(outcome, NotYet) and now - notice.made < GIVEN_UP_AFTER:
            log.warning("A notice was not taken; it will be tried again", why=outcome.why)
            self._notebook.change(lambda book: _put_off(book, notice, now))
            return
        trouble = None
        if not isinstance(outcome, Taken):
            log.error("A notice is given up", what=what_of(notice), why=outcome.why)
            trouble = Trouble(now, notice.to, what_of(notice), outcome.why)
        self._notebook.change(lambda book: _without(book, notice, trouble))


def pause_after(tries: int) -> timedelta:
    """How long to wait after so many tries that failed: a minute, then twice as long each time."""
    return min(FIRST_PAUSE * (1 << min(tries, 20)), LONGEST_PAUSE)


def what_of(notice: Notice) -> str:
    """What a notice is about, in a few words."""
    content = notice.content
    about = f" of {content.site}" if content.site else ""
    kind = f"alert {content.alert!r}" if hasattr(content, "alert") else "report"
    return f"{kind}{about}"


def with_notices(book: Book, notices: Iterable[Notice]) -> Book:
    """The document in which these wait as well, each once."""
    there = {notice.id for notice in book.queue}
    new = tuple(notice for notice in notices if notice.id not in there)
    return structs.replace(book, queue=(*book.queue, *new))


def _put_off(book: Book, notice: Notice, now: datetime) -> Book:
    later = structs.replace(
        notice, tries=notice.tries + 1, next_try=now + pause_after(notice.tries)
    )
    queue = tuple(later if one.id == notice.id else one for one in book.queue)
    return structs.replace(book, queue=queue)


def _without(book: Book, notice: Notice, trouble: Trouble | None) -> Book:
    queue = tuple(one for one in book.queue if one.id != notice.id)
    troubles = (*book.troubles, trouble) if trouble else book.troubles
    return structs.replace(book, queue=queue, troubles=troubles)
