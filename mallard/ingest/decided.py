"""What is decided about sites, as the pipeline asks for it; who decides is none of its business."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Protocol

from mallard.ingest.urls import Page
from mallard.model import DropReason
from mallard.zones.days import UTC


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

    def zone_of(self, site_id: str) -> str:
        """The time zone of a site's days."""

    def zones(self) -> Collection[str]:
        """The time zones of all sites."""


def ruled(page: Page, decided: Decided) -> Page:
    """The page as the site wants it."""
    if decided.path_rules is None:
        return page
    return replace(page, pathname=decided.path_rules.of_event(page.pathname, page.query))


def excluded(
    decided: Decided, address: str, user_agent: str, country: str | None, page: Page
) -> DropReason | None:
    """Why the site leaves an event out; None for one that it does not."""
    if decided.exclusions is None:
        return None
    return decided.exclusions.reason(address, user_agent, country, page.hostname, page.pathname)


class NothingDecided:
    """What is decided as long as nobody has decided anything."""

    def site_behind(self, name: str) -> str:
        """The very site of that name."""
        return name

    def entry(self, site_id: str) -> None:
        """Of no site."""

    def zone_of(self, site_id: str) -> str:
        """That of all."""
        return UTC

    def zones(self) -> tuple[()]:
        """None."""
        return ()
