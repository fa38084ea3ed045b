"""All routes beside the collecting of single events."""

from __future__ import annotations

from flask import Blueprint

from mallard.web import checks, diagnostics, monitoring, static, tracker, wellknown
from mallard.web.account import (
    audit,
    entrance,
    ignoring,
    instance_alerts,
    invitation,
    own,
    people,
    second_factor,
    second_step,
    site_alerts,
    site_annotations,
    site_imports,
    site_moves,
    site_settings,
    site_shares,
)
from mallard.web.account import instance as instance_settings
from mallard.web.account import settings as settings_page
from mallard.web.api import alerts as alerts_api
from mallard.web.api import annotations as annotations_api
from mallard.web.api import audit as audit_api
from mallard.web.api import (
    auth,
    behaviour,
    breakdowns,
    events,
    export,
    gdpr,
    health,
    instance,
    keys,
    query,
    reference,
    shares,
    sites,
    stats,
)
from mallard.web.api import (
    own as own_api,
)
from mallard.web.api import (
    people as people_api,
)
from mallard.web.api import site_moves as site_moves_api
from mallard.web.dashboard import annotating, filter_routes, saved_routes
from mallard.web.dashboard import blueprint as dashboard
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
    instance.blueprint,
    annotations_api.blueprint,
    alerts_api.blueprint,
    shares.blueprint,
    site_moves_api.blueprint,
    gdpr.blueprint,
    export.blueprint,
    diagnostics.blueprint,
    checks.blueprint,
    auth.blueprint,
    own_api.blueprint,
    people_api.blueprint,
    keys.blueprint,
    audit_api.blueprint,
    reference.blueprint,
    entrance.blueprint,
    invitation.blueprint,
    second_step.blueprint,
    own.blueprint,
    second_factor.blueprint,
    people.blueprint,
    audit.blueprint,
    settings_page.blueprint,
    instance_settings.blueprint,
    site_settings.blueprint,
    site_imports.blueprint,
    site_moves.blueprint,
    site_annotations.blueprint,
    site_alerts.blueprint,
    site_shares.blueprint,
    instance_alerts.blueprint,
    ignoring.blueprint,
    dashboard,
    filter_routes.blueprint,
    saved_routes.blueprint,
    annotating.blueprint,
    shared.blueprint,
)
"""In this order the API's description names them within a chapter."""
