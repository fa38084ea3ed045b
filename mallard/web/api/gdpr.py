"""Erasing a site's days; the other half, the export of events, is a route of `export`."""

from __future__ import annotations

from flask import Blueprint, Response

from mallard.reports.query import site_and_inclusive_days
from mallard.web.api.stats import args, as_json
from mallard.web.state import parts

blueprint = Blueprint("gdpr", __name__, url_prefix="/api/gdpr")


@blueprint.delete("/erase")
def erase() -> Response:
    """Deletes every event of a site from `start_date` to `end_date`, both inclusive."""
    site_id, first, last = site_and_inclusive_days(args())
    return as_json(parts().erase(site_id, first, last))
