"""Builds what serves requests from the parts: above both, so that neither imports the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mallard.app import Mallard
from mallard.health import health, reading
from mallard.ingest.addresses import TrustedProxies
from mallard.ingest.batches import Batches
from mallard.ingest.collect import Collector
from mallard.metrics.exposition import Exposition
from mallard.web.api.openapi import document
from mallard.web.client import came_by_https
from mallard.web.factory import create_flask_app
from mallard.web.front_door import FrontDoor
from mallard.web.state import Parts

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def application(mallard: Mallard) -> WSGIApplication:
    """The whole as one WSGI application."""
    proxies = mallard.proxies
    return FrontDoor(
        Collector(mallard.intake, proxies),
        create_flask_app(parts_of(mallard, proxies)),
        lambda environ: mallard.settings.secure_cookies or came_by_https(environ, proxies),
        mallard.metrics,
    )


def parts_of(mallard: Mallard, proxies: TrustedProxies) -> Parts:
    """What the routes may see of an instance."""
    exposition = Exposition(mallard.metrics, lambda: reading(mallard))
    return Parts(
        settings=mallard.settings,
        access=mallard.access,
        proxies=proxies,
        reports=mallard.reports,
        sites=lambda: _sites(mallard),
        now=mallard.clock,
        is_ready=mallard.store.is_ready,
        health=lambda: health(mallard),
        trouble=lambda: mallard.flusher.trouble,
        metrics_text=exposition.text,
        erase=mallard.erasure.erase,
        preview=mallard.intake.preview,
        take_batch=Batches(mallard.intake, proxies).take,
        about_to_go=lambda: mallard.retention.unusual,
        event_counts=lambda: mallard.counts.of_last_days(mallard.clock().date()),
        export_events=mallard.transfer.export,
        description=document,
    )


def _sites(mallard: Mallard) -> list[str]:
    mallard.flusher.bring_in(mallard.settings.query_timeout_secs)
    return mallard.store.sites()
