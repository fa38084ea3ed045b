"""Makes the Flask application: the blueprints, the errors, the headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask
from htmx_flask import Htmx

from mallard import __version__
from mallard.web import errors, headers, static, tracker
from mallard.web.api import export, health, stats
from mallard.web.dashboard import blueprint as dashboard
from mallard.web.state import Parts

if TYPE_CHECKING:
    from mallard.app import Mallard

MAX_BODY_BYTES = 65_536


def create_flask_app(mallard: Mallard) -> Flask:
    """The application that serves everything but the collecting of events."""
    app = Flask("mallard", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    Htmx(app)
    app.extensions["mallard"] = Parts(
        settings=mallard.settings,
        reports=mallard.reports,
        sites=lambda: _sites(mallard),
        now=mallard.clock,
        is_ready=mallard.store.is_ready,
        health=lambda: _health(mallard),
        export_events=mallard.transfer.export,
    )
    errors.register(app)
    app.after_request(headers.finish)
    own = (static, tracker, health, stats, export)
    for blueprint in (*(module.blueprint for module in own), dashboard):
        app.register_blueprint(blueprint)
    return app


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
        "auth_configured": bool(mallard.settings.admin_password),
        "geoip_loaded": mallard.locations.loaded,
        "behavioral_extension_loaded": store.database.has_behavioral,
        "filter_bots": mallard.settings.filter_bots,
        "cache_entries": len(cache),
        "cache_empty": len(cache) == 0,
        "quarantined_files": quarantined,
        "flush_failures": mallard.flusher.failures,
        "events": mallard.intake.tally.counts(),
    }
