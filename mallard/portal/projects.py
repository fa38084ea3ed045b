"""The projects of the settings: where the releases and the repository of each are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mallard.config import Portal
from mallard.portal.found import Found
from mallard.portal.ranges import Asked
from mallard.portal.releases import Directory

if TYPE_CHECKING:
    from mallard.portal.remote import Repository
    from mallard.portal.upstreams import Upstreams


class Releases(Protocol):
    """Where the files of releases come from."""

    def fetch(self, version: str, asset: str, asked: Asked, with_body: bool) -> Found:
        """A release's file, or the part that is asked for. Raises NotThere or Failed."""


@dataclass(frozen=True, slots=True)
class Project:
    """What there is of one piece of software."""

    releases: Releases | None
    is_remote: bool
    """Whether another server has the releases, which takes a thread for each download."""
    repository: Repository | None


def projects_of(portal: Portal) -> Mapping[str, Project]:
    """The projects by their names. Nothing that speaks HTTP is loaded where all is local."""
    wanted = portal.projects.values()
    addresses = [place.git for place in wanted if place.git is not None]
    addresses += [place.downloads for place in wanted if isinstance(place.downloads, str)]
    upstreams = _upstreams(portal, addresses) if addresses else None
    return {
        name: Project(
            _releases(place.downloads, upstreams),
            isinstance(place.downloads, str),
            _repository(place.git, upstreams),
        )
        for name, place in portal.projects.items()
    }


def _upstreams(portal: Portal, addresses: list[str]) -> Upstreams:
    from mallard.portal.upstreams import Upstreams

    at_once = portal.max_concurrent_downloads + portal.max_concurrent_clones
    return Upstreams(addresses, portal.redirect_hosts, portal.upstream_timeout_secs, at_once)


def _releases(place: Path | str | None, upstreams: Upstreams | None) -> Releases | None:
    if isinstance(place, Path):
        return Directory(place)
    if place is None or upstreams is None:
        return None
    from mallard.portal.remote import Remote

    return Remote(place, upstreams)


def _repository(address: str | None, upstreams: Upstreams | None) -> Repository | None:
    if address is None or upstreams is None:
        return None
    from mallard.portal.remote import Repository

    return Repository(address, upstreams)
