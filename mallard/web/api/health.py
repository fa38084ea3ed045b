"""Whether Mallard lives, is ready, and how it feels."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from mallard.web.state import parts

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
def alive() -> Response:
    """The process runs."""
    return Response("ok", mimetype="text/plain")


@blueprint.get("/health/ready")
def ready() -> Response:
    """The database answers; 503 when it does not."""
    if parts().is_ready():
        return Response("ready", mimetype="text/plain")
    return Response("database not ready", status=503, mimetype="text/plain")


@blueprint.get("/health/detailed")
def detailed() -> Response:
    """The state of each part."""
    return jsonify(parts().health())
