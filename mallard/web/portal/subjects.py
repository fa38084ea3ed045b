"""What the operator sees: for each subject its events, and the lists that are made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product

from mallard.config import Portal
from mallard.portal.recording import Name
from mallard.portal.telling import TOOL_EVENTS
from mallard.reports.tally import EVENT, Tally
from mallard.texts.catalogue import N_

Told = tuple[str, ...]
"""What tells the events of a row apart, one text for each of its columns."""


def _nothing(_portal: Portal) -> Iterable[Told]:
    return ()


COLUMNS = {
    "project": N_("Project"),
    "version": N_("Version"),
    "tool": N_("Tool"),
    "event": N_("Event"),
    "category": N_("Category"),
    "search": N_("Search"),
}
"""What is in a column, and what the page calls it."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A table: its name in addresses, its title, and its columns before the counts.

    What is `expected` has a row also where nothing happened. Of what visitors themselves have named
    there is no end, so its tally has a limit, which counts for the page.
    """

    name: str
    title: str
    of: Tally
    columns: Told
    expected: Callable[[Portal], Iterable[Told]] = _nothing

    @property
    def heads(self) -> list[str]:
        """What its columns are called."""
        return [COLUMNS[column] for column in self.columns]

    def shown(self, told: Told) -> Told:
        """What tells a row apart, in the words of those who send its events."""
        pairs = zip(self.columns, told, strict=True)
        return tuple(_EVENTS.get(text, text) if name == EVENT else text for name, text in pairs)


@dataclass(frozen=True, slots=True)
class Subject:
    """Events that are counted together, under one heading."""

    name: str
    title: str
    events: tuple[Name, ...]
    listings: tuple[Listing, ...]

    @property
    def whole(self) -> Tally:
        """All its events together."""
        return Tally(self.events)


DOWNLOADS = (Name.DOWNLOAD,)
CLONES = (Name.CLONE,)
TOOLS = (Name.TOOL_UPLOAD, Name.TOOL_DOWNLOAD)
CATALOG = (Name.CATEGORY_VIEW, Name.SEARCH, Name.DIFF_VIEW)
EVERYTHING = (*DOWNLOADS, *CLONES, *TOOLS, *CATALOG)

TOP = 10
"""Rows of a list that may have any number of them."""
_EVENTS = {str(name): text for text, name in TOOL_EVENTS.items()}


def _downloadable(portal: Portal) -> Iterable[Told]:
    return ((name,) for name, project in portal.projects.items() if project.downloads)


def _clonable(portal: Portal) -> Iterable[Told]:
    return ((name,) for name, project in portal.projects.items() if project.git)


def _used(portal: Portal) -> Iterable[Told]:
    return product(portal.tools, TOOLS)


def _looked(_portal: Portal) -> Iterable[Told]:
    return ((name,) for name in CATALOG)


def _by_project(events: tuple[Name, ...], expected: Callable[[Portal], Iterable[Told]]) -> Listing:
    return Listing(
        "projects", N_("By project"), Tally(events, ("project",)), ("project",), expected
    )


def _by_detail(name: str, title: str, event: Name, column: str, **more: tuple[str, str]) -> Listing:
    return Listing(name, title, Tally((event,), ("detail",), limit=TOP, **more), (column,))


_BY_VERSION = ("project", "version")
_RELEASES = Listing(
    "versions", N_("By version"), Tally(DOWNLOADS, _BY_VERSION, limit=TOP), _BY_VERSION
)

SUBJECTS = (
    Subject(
        "downloads",
        N_("Downloads"),
        DOWNLOADS,
        (
            Listing(
                "projects",
                N_("By project"),
                Tally(DOWNLOADS, ("project",)),
                ("project",),
                _downloadable,
            ),
            _RELEASES,
        ),
    ),
    Subject(
        "clones",
        N_("Clones"),
        CLONES,
        (_by_project(CLONES, _clonable),),
    ),
    Subject(
        "tool-usage",
        N_("Tool usage"),
        TOOLS,
        (Listing("tools", N_("By tool"), Tally(TOOLS, ("tool", EVENT)), ("tool", "event"), _used),),
    ),
    Subject(
        "catalog",
        N_("Catalog"),
        CATALOG,
        (
            Listing("events", N_("By event"), Tally(CATALOG, (EVENT,)), ("event",), _looked),
            _by_detail("categories", N_("Top categories"), Name.CATEGORY_VIEW, "category"),
            _by_detail("searches", N_("Top searches"), Name.SEARCH, "search"),
            _by_detail(
                "searches-without-results",
                N_("Searches that found nothing"),
                Name.SEARCH,
                "search",
                only=("result_count", "0"),
            ),
        ),
    ),
)
"""In the order of the page."""

BY_NAME = {subject.name: subject for subject in SUBJECTS}
