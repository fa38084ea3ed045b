"""The page of who did what."""

from __future__ import annotations

from flask import Blueprint, render_template

from mallard.web.dashboard.view import asked_url
from mallard.web.state import parts

MOST_SHOWN = 200

blueprint = Blueprint("audit", __name__, url_prefix="/settings/audit")


@blueprint.get("")
def page() -> str:
    """The page."""
    return render_template(
        "settings/audit.html",
        url=asked_url({}),
        sites=[],
        deeds=parts().access.audit.latest(MOST_SHOWN),
        most=MOST_SHOWN,
    )
