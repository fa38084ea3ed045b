"""Erasing a site's days; the other half, the export of events, is a route of `export`."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response

from mallard.erasure import Erased
from mallard.reports.parameters import OF_ERASING
from mallard.reports.query import site_and_inclusive_days
from mallard.web.api.asking import args, as_json
from mallard.web.api.described import Answer, Subject, described
from mallard.web.state import parts

blueprint = Blueprint("gdpr", __name__, url_prefix="/api/gdpr")


@blueprint.delete("/erase")
@described(
    Subject.PRIVACY,
    *OF_ERASING,
    Answer(
        "It is gone.",
        Erased(
            site_id="example.com",
            start_date=date(2026, 1, 1),
            end_date=date(2026, 1, 31),
            db_records_deleted=42,
            parquet_partitions_deleted=31,
            events_deleted=9127,
        ),
    ),
)
def erase_events() -> Response:
    """Erase a site's days.

    Everything accepted before, wherever it is: journal, database, Parquet files, quarantine. Both
    days are included. Impossible while no password is set.
    """
    site_id, first, last = site_and_inclusive_days(args())
    return as_json(parts().erase(site_id, first, last))
