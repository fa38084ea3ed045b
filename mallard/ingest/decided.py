"""What is decided about sites, as the pipeline asks for it; who decides is none of its business."""

from __future__ import annotations

from typing import Protocol

from mallard.model import DropReason


class Exclusions(Protocol):
    """What a site leaves out."""

    def reason(
        self, address: str, user_agent: str, country: str | None, hostname: str, pathname: str
    ) -> DropReason | None:
        """Why an event is left out; None for one that is not."""


class PathRules(Protocol):
    """What a site makes of its pages' paths."""

    def of_event(self, pathname: str, query: str | None) -> str:
        """The path to store of a page, as it was sent with this query."""


class Decided(Protocol):
    """What is decided about a site."""

    @property
    def exclusions(self) -> Exclusions | None:
        """What it leaves out; None where that is nothing."""

    @property
    def path_rules(self) -> PathRules | None:
        """What it makes of paths; None where that is nothing."""


class Decisions(Protocol):
    """What is decided about all sites, in memory: each event asks."""

    def site_behind(self, name: str) -> str:
        """The site that an alias stands for; every other name stands for itself."""

    def entry(self, site_id: str) -> Decided | None:
        """About a site; None where that is nothing."""


class NothingDecided:
    """What is decided as long as nobody has decided anything."""

    def site_behind(self, name: str) -> str:
        """The very site of that name."""
        return name

    def entry(self, site_id: str) -> None:
        """Of no site."""
