"""Whether Mallard lives, is ready, and how it feels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from flask import Blueprint, Response, jsonify
from msgspec import Meta

from mallard import __version__
from mallard.web.api.described import Answer, Subject, described
from mallard.web.state import parts

blueprint = Blueprint("health", __name__)


Count = Annotated[int, Meta(ge=0)]


@dataclass(frozen=True, slots=True)
class Health:
    """The state of each part. `status` is `degraded` when something needs the operator."""

    status: Literal["ok", "degraded"]
    version: str
    buffered_events: Annotated[
        Count, Meta(description="Accepted events that are not in Parquet yet.")
    ]
    auth_configured: bool
    geoip_loaded: bool
    behavioral_extension_loaded: bool
    filter_bots: bool
    cache_entries: Count
    cache_empty: bool
    quarantined_files: Count
    rollups_pending: Count
    flush_failures: Count
    cannot_store: Annotated[
        str | None,
        Meta(description="Why accepted events cannot be moved on; null while they can."),
    ]
    events: Annotated[
        dict[str, Count],
        Meta(description="Events since the start, by what became of them."),
    ]


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
    return jsonify(Health(**parts().health()))
