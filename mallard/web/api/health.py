"""Whether Mallard lives, is ready, and how it feels."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from mallard import __version__
from mallard.metrics.health import Health
from mallard.web.api.described import Answer, Subject, described
from mallard.web.state import parts

blueprint = Blueprint("health", __name__)

_WELL = Health(
    status="ok",
    version=__version__,
    buffered_events=42,
    auth_configured=True,
    geoip_loaded=True,
    behavioral_extension_loaded=False,
    filter_bots=True,
    cache_entries=3,
    cache_empty=False,
    quarantined_files=0,
    rollups_pending=0,
    flush_failures=0,
    cannot_store=None,
    cannot_read=None,
    missing_files=0,
    geoip_source="database",
    geoip_trouble=None,
    events={"accepted": 158432, "dropped_crawler": 911},
)


@blueprint.get("/health")
@described(Subject.OPERATING, Answer("It does.", "ok"))
def get_health() -> Response:
    """Whether the process lives."""
    return Response("ok", mimetype="text/plain")


@blueprint.get("/health/ready")
@described(
    Subject.OPERATING,
    Answer("It does.", "ready"),
    Answer("It does not.", "database not ready", status=503),
)
def get_readiness() -> Response:
    """Whether the database answers."""
    if parts().is_ready():
        return Response("ready", mimetype="text/plain")
    return Response("database not ready", status=503, mimetype="text/plain")


@blueprint.get("/health/detailed")
@described(Subject.OPERATING, Answer("The state.", _WELL))
def get_detailed_health() -> Response:
    """The state of each part."""
    return jsonify(parts().health())
