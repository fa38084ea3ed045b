"""What the routes work with: the parts that `wsgi` chose, found through the current Flask app."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import current_app

from mallard.auth.access import Access
from mallard.auth.metrics_token import MetricsToken
from mallard.config import Settings
from mallard.erasure import Erased
from mallard.ingest.addresses import TrustedProxies
from mallard.ingest.batches import Sender, Taken
from mallard.ingest.locations import Locations
from mallard.ingest.pipeline import RawEvent
from mallard.ingest.refusals import Refusals
from mallard.metrics.health import Health
from mallard.model import Dropped, Event, Period
from mallard.register.sites import Sites
from mallard.reports.desk import ReportDesk
from mallard.reports.query import is_site_id
from mallard.store.deletion.trash import Held
from mallard.store.many_sites import FiguresOfSites
from mallard.transfer.exporting import Wanted
from mallard.transfer.pieces import Pieces
from mallard.web.script_loads import ScriptLoads
from mallard.zones.days import UTC, day_of


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a running Mallard that the web needs."""

    settings: Settings
    access: Access
    metrics_token: MetricsToken
    proxies: TrustedProxies
    reports: ReportDesk
    sites: Callable[[], list[str]]
    """Ids of the sites that have events, sorted."""
    figures_of_sites: Callable[[Period], FiguresOfSites | None]
    """None as long as too much has to be worked out first."""
    register: Sites
    """What is decided about each site."""
    now: Callable[[], datetime]
    timer: Callable[[], float]
    """Seconds that pass evenly, however the clock is set."""
    is_ready: Callable[[], bool]
    health: Callable[[], Health]
    trouble: Callable[[], str | None]
    """Why accepted events cannot be moved on; None while they can."""
    metrics_text: Callable[[], bytes]
    """Everything that is measured, in Prometheus's text format."""
    erase: Callable[[str, date, date], Erased]
    """Deletes a site's days, both inclusive."""
    erase_site: Callable[[str, str | None], int]
    """Deletes a site, its document of a version if it has one; how many events it had."""
    rename: Callable[[str, str], None]
    """Gives a site another id; the old one becomes an alias."""
    merge: Callable[[str, str], None]
    """Makes all that a site has another one's, and its id an alias."""
    preview: Callable[[RawEvent], Event | Dropped]
    """What would be stored of an event, which is not stored."""
    ignore_query: Callable[[str], str]
    """What a link to a site has after its question mark that ends a browser's counting."""
    take_batch: Callable[[bytes, Sender], Taken]
    """Takes the events of a body in; raises Rejected when it takes none."""
    about_to_go: Callable[[], Held | None]
    """Outdated days in the trash, when they are more than usual."""
    locations: Locations
    """Where addresses are."""
    event_counts: Callable[[], dict[date, Counter[str]]]
    """What became of the events of the last days, the current one first."""
    refusals: Refusals
    """What was refused since the start, and why."""
    script_loads: ScriptLoads
    """Whose pages have loaded the tracking script since the start."""
    export_events: Callable[[Wanted], Pieces]
    """Every event of a site, in pieces."""
    description: Callable[[], dict[str, Any]]
    """The API in OpenAPI."""

    def known_sites(self) -> list[str]:
        """Ids of the sites that have events or a document, sorted."""
        return sorted({*self.sites(), *self.register.ids()})

    def listed_sites(self) -> list[str]:
        """Ids of the sites that the settings list."""
        return [site for site in self.settings.site_ids if is_site_id(site)]

    def today(self, zone: str = UTC) -> date:
        """The current day of a time zone."""
        return day_of(self.now().replace(tzinfo=None), zone)


def parts() -> Parts:
    """The parts of the Mallard that serves this request."""
    found: Parts = current_app.extensions["mallard"]
    return found
