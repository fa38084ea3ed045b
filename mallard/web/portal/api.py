"""The operator's figures as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response

from mallard.web.api.asking import as_json
from mallard.web.api.described import Answer, Subject, described
from mallard.web.portal.figures import DAYS, SPANS
from mallard.web.portal.page import figures
from mallard.web.portal.subjects import BY_NAME

blueprint = Blueprint("portal_api", __name__, url_prefix="/api/portal")

TOKEN = "metricsToken"  # noqa: S105  # nosec B105  # what the description calls it


@dataclass(frozen=True, slots=True)
class ProjectCount:
    """How often something of a project was fetched."""

    project: str
    count: int


@dataclass(frozen=True, slots=True)
class VersionCount:
    """How often a version of a project was downloaded."""

    project: str
    version: str
    count: int


@dataclass(frozen=True, slots=True)
class Downloads:
    """Downloads within so many days."""

    total: int
    days: str
    projects: list[ProjectCount]
    versions: list[VersionCount]


@dataclass(frozen=True, slots=True)
class Clones:
    """Clones and fetches within so many days."""

    total: int
    days: str
    projects: list[ProjectCount]


@dataclass(frozen=True, slots=True)
class ToolCount:
    """How often files went into a tool, or came out of it."""

    tool: str
    event: str
    count: int


@dataclass(frozen=True, slots=True)
class ToolFigures:
    """The use of tools within so many days."""

    total: int
    days: str
    tools: list[ToolCount]


@dataclass(frozen=True, slots=True)
class EventCount:
    """How often something happened in the catalog."""

    event: str
    count: int


@dataclass(frozen=True, slots=True)
class CategoryCount:
    """How often a category was looked at."""

    category: str
    count: int


@dataclass(frozen=True, slots=True)
class SearchCount:
    """How often something was searched for."""

    search: str
    count: int


@dataclass(frozen=True, slots=True)
class CatalogFigures:
    """The use of the catalog within so many days."""

    total: int
    days: str
    events: list[EventCount]
    categories: list[CategoryCount]
    searches: list[SearchCount]
    searches_without_results: list[SearchCount]


_PETS = [ProjectCount("pets", 12)]


@blueprint.get("/downloads")
@described(
    Subject.PORTAL,
    DAYS,
    Answer("The figures.", Downloads(12, "90", _PETS, [VersionCount("pets", "v2.1.0", 12)])),
    scheme=TOKEN,
)
def get_downloads() -> Response:
    """Downloads by project and version."""
    total, days, (projects, versions) = _asked("downloads")
    return as_json(
        Downloads(
            total,
            days,
            [ProjectCount(*row) for row in projects],
            [VersionCount(*row) for row in versions],
        )
    )


@blueprint.get("/clones")
@described(Subject.PORTAL, DAYS, Answer("The figures.", Clones(12, "90", _PETS)), scheme=TOKEN)
def get_clones() -> Response:
    """Clones by project."""
    total, days, (projects,) = _asked("clones")
    return as_json(Clones(total, days, [ProjectCount(*row) for row in projects]))


@blueprint.get("/tool-usage")
@described(
    Subject.PORTAL,
    DAYS,
    Answer("The figures.", ToolFigures(3, "90", [ToolCount("pets", "upload", 3)])),
    scheme=TOKEN,
)
def get_tool_usage() -> Response:
    """Uses of tools, by tool and event."""
    total, days, (tools,) = _asked("tool-usage")
    return as_json(ToolFigures(total, days, [ToolCount(*row) for row in tools]))


@blueprint.get("/catalog")
@described(
    Subject.PORTAL,
    DAYS,
    Answer(
        "The figures.",
        CatalogFigures(
            7,
            "90",
            [EventCount("search", 4), EventCount("category_view", 3)],
            [CategoryCount("maps", 3)],
            [SearchCount("beetle", 3), SearchCount("xyzzy", 1)],
            [SearchCount("xyzzy", 1)],
        ),
    ),
    scheme=TOKEN,
)
def get_catalog() -> Response:
    """What was looked at and searched for in the catalog, the most frequent first."""
    total, days, (events, categories, searches, in_vain) = _asked("catalog")
    return as_json(
        CatalogFigures(
            total,
            days,
            [EventCount(*row) for row in events],
            [CategoryCount(*row) for row in categories],
            [SearchCount(*row) for row in searches],
            [SearchCount(*row) for row in in_vain],
        )
    )


def _asked(name: str) -> tuple[int, str, list[list[tuple[Any, ...]]]]:
    """Total, span and lists of a subject: what tells a row apart, and its count."""
    asked = figures()
    (found,) = asked.of([BY_NAME[name]])

    def rows() -> Iterator[list[tuple[Any, ...]]]:
        for listing, rows in zip(found.subject.listings, found.rows, strict=True):
            expected = set(listing.expected(asked.portal))
            yield [
                (*listing.shown(row.told), row.counts[asked.order])
                for row in rows
                if row.counts[asked.order] or row.told in expected
            ]

    return found.total[asked.order], SPANS[asked.order].name, list(rows())
