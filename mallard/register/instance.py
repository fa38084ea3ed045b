"""The document of the instance: what is decided about all of it, once for everyone."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Annotated

from msgspec import Meta

from mallard.register.checking import check_each, check_name, check_unique
from mallard.register.part import LONGEST_NAME, Part
from mallard.register.port import INSTANCE, Changed, Document, Register
from mallard.register.reading import understood, written
from mallard.register.told import InstanceAlert
from mallard.texts.said import said
from mallard.zones.days import UTC, check_zone

MOST_ALERTS = 20
USUAL_NAME = "Mallard"


class Instance(Part, frozen=True):
    """What is decided about the instance; every part may be left out."""

    name: Annotated[
        str,
        Meta(max_length=LONGEST_NAME, description="What it is called in the titles of its pages."),
    ] = ""
    default_timezone: Annotated[
        str,
        Meta(
            max_length=LONGEST_NAME,
            description="In which the days begin of sites that have no time zone of their own.",
        ),
    ] = UTC
    require_second_factor: Annotated[
        bool,
        Meta(
            description="Whether everybody with a password of his own has to tell a code, too; the"
            " one password of the dashboard is not asked for one."
        ),
    ] = False
    alerts: Annotated[tuple[InstanceAlert, ...], Meta(max_length=MOST_ALERTS)] = ()

    def __post_init__(self) -> None:
        """Raises ValueError for a name that people cannot read, and for no time zone."""
        if self.name:
            check_name(self.name)
        check_each(said("default_timezone"), (self.default_timezone,), check_zone)
        check_unique(said("alerts"), self.alerts)


@dataclass(frozen=True, slots=True)
class Known:
    """What is decided, and the version of the document that says so; None where there is none."""

    instance: Instance
    version: str | None


NOTHING_DECIDED = Known(Instance(), None)


class TheInstance:
    """What is decided about the instance. Whoever asks sees a change as soon as it is made."""

    def __init__(self, register: Register) -> None:
        """Raises BadDocument, which names what cannot be read, OSError."""
        self._register = register
        self._lock = Lock()
        self.known = NOTHING_DECIDED
        self._take_in()

    @property
    def name(self) -> str:
        """What it is called."""
        return self.known.instance.name or USUAL_NAME

    def default_zone(self) -> str:
        """The time zone of the days of sites that have none of their own."""
        return self.known.instance.default_timezone

    def replace(self, instance: Instance, version: str | None) -> Known:
        """Puts this in the place of that version, None for no document.

        Raises Changed, and then what others have changed is known; BadDocument where that cannot
        be read; OSError.
        """
        content = written(instance)
        with self._lock:
            try:
                document = self._register.replace(INSTANCE, content, version)
            except Changed:
                self._take_in()
                raise
            self.known = _known(document)
            return self.known

    def take_in(self) -> None:
        """Knows what was decided elsewhere. Raises BadDocument, OSError."""
        with self._lock:
            self._take_in()

    def _take_in(self) -> None:
        found = self._register.read(INSTANCE)
        self.known = _known(found) if found else NOTHING_DECIDED


def _known(document: Document) -> Known:
    return Known(understood(document, Instance), document.version)
