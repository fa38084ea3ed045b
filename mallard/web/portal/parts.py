"""What the portal's routes work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import abort, current_app

from mallard.config import Portal
from mallard.ingest.addresses import TrustedProxies
from mallard.portal.projects import Project, projects_of
from mallard.portal.recording import Recorder
from mallard.portal.slots import Slots
from mallard.portal.telling import Tellings
from mallard.texts.said import said

NAME = "mallard.portal"


@dataclass(frozen=True, slots=True)
class PortalParts:
    """The parts of a portal."""

    settings: Portal
    recorder: Recorder
    projects: Mapping[str, Project]
    downloads: Slots
    """For downloads that other servers have; those of this machine take none."""
    clones: Slots
    tellings: Tellings
    count: Callable[[str], None]
    """Counts one more of what is called by a name."""

    def project(self, name: str) -> Project:
        """The project of that name; ends the request with 404 where there is none."""
        found = self.projects.get(name)
        return found or abort(404, said("there is no project %(name)s", name=f"{name!r:.100}"))


def make_parts(
    settings: Portal, recorder: Recorder, count: Callable[[str], None], proxies: TrustedProxies
) -> PortalParts:
    """The parts of the portal that the settings describe."""
    return PortalParts(
        settings,
        recorder,
        projects_of(settings),
        Slots(settings.max_concurrent_downloads),
        Slots(settings.max_concurrent_clones),
        Tellings(recorder, proxies, settings.tools),
        count,
    )


def portal() -> PortalParts:
    """The portal that serves this request."""
    found: PortalParts = current_app.extensions[NAME]
    return found
