"""Everything that an instance says about a site, to compare two instances by."""

from __future__ import annotations

from typing import Any

from werkzeug.test import Client

from mallard.reports.breakdown import DIMENSIONS

REPORTS = (
    "main",
    "timeseries",
    "timeseries?interval=hour",
    "sessions",
    "revenue",
    "export?format=json",
    "retention?weeks=4",
    "flow?page=/page/1",
    "funnel?steps=page:/page/1,page:/page/2",
    "sequences?steps=page:/page/1,page:/page/2",
    "main?filter=page~=/page/1",
    *(f"breakdown/{dimension}?limit=1000" for dimension in DIMENSIONS),
)


def all_reports(client: Client, site: str, period: str = "period=90d") -> dict[str, Any]:
    """The answers of all reports about a site, by their addresses."""
    answers = {}
    for report in REPORTS:
        joint = "&" if "?" in report else "?"
        response = client.get(f"/api/stats/{report}{joint}site_id={site}&{period}")
        assert response.status_code == 200, response.text
        answers[report] = response.json
    return answers
