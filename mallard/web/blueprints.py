"""All routes beside the collecting of single events."""

from __future__ import annotations

from flask import Blueprint

from mallard.web import checks, diagnostics, monitoring, static, tracker, wellknown
from mallard.web.account import (
    entrance,
    ignoring,
    site_annotations,
    site_moves,
    site_settings,
    site_shares,
)
from mallard.web.account import settings as settings_page
from mallard.web.api import annotations as annotations_api
from mallard.web.api import (
    auth,
    behaviour,
    breakdowns,
    events,
    export,
    gdpr,
    health,
    keys,
    query,
    reference,
    shares,
    sites,
    stats,
)
from mallard.web.api import site_moves as site_moves_api
from mallard.web.dashboard import blueprint as dashboard
from mallard.web.dashboard import filter_routes, saved_routes
from mallard.web.sharing import routes as shared

BLUEPRINTS: tuple[Blueprint, ...] = (
    static.blueprint,
    tracker.blueprint,
    wellknown.blueprint,
    health.blueprint,
    monitoring.blueprint,
    events.blueprint,
    stats.blueprint,
    breakdowns.blueprint,
    query.blueprint,
    behaviour.blueprint,
    sites.blueprint,
    annotations_api.blueprint,
    shares.blueprint,
    site_moves_api.blueprint,
    gdpr.blueprint,
    export.blueprint,
    diagnostics.blueprint,
    checks.blueprint,
    auth.blueprint,
    keys.blueprint,
    reference.blueprint,
    entrance.blueprint,
    settings_page.blueprint,
    site_settings.blueprint,
    site_moves.blueprint,
    site_annotations.blueprint,
    site_shares.blueprint,
    ignoring.blueprint,
    dashboard,
    filter_routes.blueprint,
    saved_routes.blueprint,
    shared.blueprint,
)
"""In this order the API's description names them within a chapter."""
