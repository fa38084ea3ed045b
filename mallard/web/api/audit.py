"""The list of who did what."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response

from mallard.auth.audit import Deed
from mallard.reports.parameters import LIMIT
from mallard.web.api.asking import args, as_json
from mallard.web.api.described import Answer, Subject, described
from mallard.web.state import parts

blueprint = Blueprint("audit_api", __name__, url_prefix="/api/audit")

_EXAMPLE = Deed(
    datetime(2026, 3, 18, 12, tzinfo=UTC), "grace@example.com", "made an API key", "nightly"
)


@blueprint.get("")
@described(Subject.OPERATING, LIMIT, Answer("What was done, the latest first.", [_EXAMPLE]))
def list_deeds() -> Response:
    """Who did what, and when.

    Changes of access, of settings, and erasures; never an address. The oldest go when there are
    very many.
    """
    return as_json(parts().access.audit.latest(LIMIT.of(args())))
