"""What the routes work with: the parts that `app` built, found through the current Flask app."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import current_app

from mallard.config import Settings
from mallard.reports.desk import ReportDesk
from mallard.transfer.exporting import Wanted
from mallard.transfer.pieces import Pieces


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a running Mallard that the web needs."""

    settings: Settings
    reports: ReportDesk
    sites: Callable[[], list[str]]
    """Ids of the sites that have events, sorted."""
    now: Callable[[], datetime]
    is_ready: Callable[[], bool]
    health: Callable[[], dict[str, Any]]
    export_events: Callable[[Wanted], Pieces]
    """Every event of a site, in pieces."""

    def today(self) -> date:
        """The current UTC day."""
        return self.now().date()


def parts() -> Parts:
    """The parts of the Mallard that serves this request."""
    found: Parts = current_app.extensions["mallard"]
    return found
