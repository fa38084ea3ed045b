"""Makes the Flask application: the blueprints, the errors, the headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask
from htmx_flask import Htmx

from mallard import __version__
from mallard.ingest.addresses import TrustedProxies
from mallard.ingest.batches import Batches
from mallard.metrics.exposition import Exposition
from mallard.web import (
    cors,
    diagnostics,
    errors,
    guards,
    headers,
    monitoring,
    rates,
    static,
    tracker,
    wellknown,
)
from mallard.web.account import entrance
from mallard.web.account import settings as settings_page
from mallard.web.api import auth, events, export, gdpr, health, keys, reference, stats
from mallard.web.dashboard import blueprint as dashboard
from mallard.web.monitoring import name_route, reading
from mallard.web.state import Parts

if TYPE_CHECKING:
    from mallard.app import Mallard

MAX_BODY_BYTES = 65_536


def create_flask_app(mallard: Mallard, proxies: TrustedProxies) -> Flask:
    """The application that serves everything but the collecting of single events."""
    app = Flask("mallard", static_folder=None)
    # A redirect to the spelling with one slash would name the scheme and host that we believe in.
    app.url_map.merge_slashes = False
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    Htmx(app)
    app.extensions["mallard"] = _parts(mallard, proxies)
    errors.register(app)
    app.before_request(guards.admit)
    app.after_request(headers.finish)
    app.after_request(name_route)
    app.after_request(cors.allow)
    own = (
        static,
        tracker,
        monitoring,
        wellknown,
        health,
        events,
        stats,
        export,
        gdpr,
        diagnostics,
        auth,
        keys,
        reference,
        entrance,
        settings_page,
    )
    for blueprint in (*(module.blueprint for module in own), dashboard):
        app.register_blueprint(blueprint)
    limited = [stats.blueprint, export.blueprint]
    rates.register(app, mallard.clock, mallard.settings.stats_rate_limit, limited)
    return app


def _parts(mallard: Mallard, proxies: TrustedProxies) -> Parts:
    exposition = Exposition(mallard.metrics, lambda: reading(mallard, _health(mallard)))
    return Parts(
        settings=mallard.settings,
        access=mallard.access,
        proxies=proxies,
        reports=mallard.reports,
        sites=lambda: _sites(mallard),
        now=mallard.clock,
        is_ready=mallard.store.is_ready,
        health=lambda: _health(mallard),
        metrics_text=exposition.text,
        erase=mallard.erasure.erase,
        preview=mallard.intake.preview,
        take_batch=Batches(mallard.intake, proxies).take,
        event_counts=lambda: mallard.counts.of_last_days(mallard.clock().date()),
        export_events=mallard.transfer.export,
    )


def _sites(mallard: Mallard) -> list[str]:
    mallard.flusher.flush()
    return mallard.store.sites()


def _health(mallard: Mallard) -> dict[str, object]:
    """The documented state, in the documented order, and what went wrong since the start."""
    store, cache = mallard.store, mallard.reports.cache
    quarantined = store.cold.quarantined()
    return {
        "status": "degraded" if quarantined or store.database.times_set_aside else "ok",
        "version": __version__,
        "buffered_events": mallard.journal.pending + store.hot_rows(),
        "auth_configured": mallard.access.passwords.is_set,
        "geoip_loaded": mallard.locations.loaded,
        "behavioral_extension_loaded": store.database.has_behavioral,
        "filter_bots": mallard.settings.filter_bots,
        "cache_entries": len(cache),
        "cache_empty": len(cache) == 0,
        "quarantined_files": quarantined,
        "rollups_pending": mallard.upkeep.pending(),
        "flush_failures": mallard.flusher.failures,
        "events": mallard.intake.tally.counts(),
    }
