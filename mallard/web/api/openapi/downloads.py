"""Figures and events as files."""

from __future__ import annotations

from mallard.transfer.formats import MIMETYPES
from mallard.web.api.openapi.operation import Operation, file, rows
from mallard.web.api.openapi.parameters import PERIOD

TAG = "Downloads"
EVENTS = ("site_id", "period", "first_day", "day_after", "events_format")
EVENTS_ANSWER = file("The events, oldest first, in pieces.", *MIMETYPES.values())

_EXAMPLE = {
    "date": "2026-01-01",
    "visitors": 120,
    "pageviews": 455,
    "top_page": "/pricing",
    "top_source": "(direct)",
}
_DAILY = file("The file.", "text/csv")
_DAILY["content"]["application/json"] = {"schema": rows("ExportRow"), "example": [_EXAMPLE]}

OPERATIONS = (
    Operation(
        method="get",
        path="/api/stats/export",
        name="exportFigures",
        tag=TAG,
        summary="The figures of each day",
        description="`top_page` and `top_source` are those of the whole period. In CSV, a text that"
        " a spreadsheet would take for a formula gets a single quote in front.",
        parameters=(*PERIOD, "daily_format"),
        answers={200: _DAILY},
        refusals=(400, 429, 500, 503),
    ),
    Operation(
        method="get",
        path="/api/export/events",
        name="exportEvents",
        tag=TAG,
        summary="Every event of a site",
        description="A period of any length, or all of history when none is given. The columns are"
        " those of the Parquet files. Filters are not possible here.",
        parameters=EVENTS,
        answers={200: EVENTS_ANSWER},
        refusals=(400, 429, 500, 503),
    ),
)
