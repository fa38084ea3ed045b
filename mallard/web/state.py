"""What the routes work with: the parts that `wsgi` chose, found through the current Flask app."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from flask import current_app, g

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
from mallard.model import Dropped, Event
from mallard.notices.notebook import Notebook
from mallard.people.accounts import Accounts
from mallard.register.instance import TheInstance
from mallard.register.sites import Sites
from mallard.reports.desk import ReportDesk
from mallard.reports.query import is_site_id
from mallard.store.deletion.trash import Held
from mallard.store.many_sites import FiguresAtOnce
from mallard.transfer.exporting import Wanted
from mallard.transfer.pieces import Pieces
from mallard.transfer.uploads import Uploads
from mallard.web.script_loads import ScriptLoads
from mallard.zones.days import UTC, day_of

if TYPE_CHECKING:
    from mallard.alerts.alerts import Alerts

NARROWED = "narrowed_parts"


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a running Mallard that the web needs."""

    settings: Settings
    access: Access
    accounts: Accounts
    """People's, beside the one password."""
    metrics_token: MetricsToken
    proxies: TrustedProxies
    reports: ReportDesk
    sites: Callable[[], list[str]]
    """Ids of the sites that have events, sorted."""
    figures_of_sites: FiguresAtOnce
    """None as long as too much has to be worked out first."""
    instance: TheInstance
    """What is decided about the instance."""
    first_days: Callable[[], dict[str, date]]
    """The first day of UTC on which each site has events."""
    register: Sites
    """What is decided about each site."""
    hear: Callable[[], None]
    """Hears of what was decided on other servers, where there are several."""
    servers: Callable[[], int]
    """How many there are that share the limits."""
    alerts: Callable[[], Alerts]
    """Those that wait for something to happen; made when they are first asked for."""
    notebook: Notebook
    """What was told to people who are not looking, and what waits to be."""
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
    uploads: Uploads
    """The history that is uploaded, if one is."""
    export_days: Callable[[Wanted], Pieces]
    """A site's imported figures of days."""
    export_events: Callable[[Wanted], Pieces]
    """Every event of a site, in pieces."""
    description: Callable[[], dict[str, Any]]
    """The API in OpenAPI."""
    send_invitation: Callable[[str, str, str], None] | None = None
    """Sends to an address, for a name, the link of an invitation; None where there is no mail."""
    only: frozenset[str] | None = None
    """The sites that the caller is limited to; None for all."""

    def known_sites(self) -> list[str]:
        """Ids of the sites that have events or a document, sorted."""
        return self._of_caller({*self.sites(), *self.register.ids()})

    def listed_sites(self) -> list[str]:
        """Ids of the sites that the settings list."""
        listed = [site for site in self.settings.site_ids if is_site_id(site)]
        return listed if self.only is None else [site for site in listed if site in self.only]

    def narrowed(self, only: frozenset[str]) -> Parts:
        """The same as far as these sites: of others it is not even told that they exist."""
        return replace(
            self, only=only, sites=lambda: [site for site in self.sites() if site in only]
        )

    def _of_caller(self, sites: set[str]) -> list[str]:
        return sorted(sites if self.only is None else sites & self.only)

    def today(self, zone: str = UTC) -> date:
        """The current day of a time zone."""
        return day_of(self.now().replace(tzinfo=None), zone)


def parts() -> Parts:
    """The parts of the Mallard that serves this request, as far as its caller may see them."""
    narrowed: Parts | None = g.get(NARROWED)
    return whole() if narrowed is None else narrowed


def whole() -> Parts:
    """The same whoever asks, for what must not depend on that."""
    found: Parts = current_app.extensions["mallard"]
    return found


def narrow(only: frozenset[str]) -> None:
    """Has the rest of this request see no other sites than these."""
    setattr(g, NARROWED, whole().narrowed(only))
