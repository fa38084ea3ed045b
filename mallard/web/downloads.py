"""Files to download: what they are called, and the CSV that spreadsheets open."""

from __future__ import annotations

import re
from datetime import date, timedelta

from flask import Response

from mallard.model import Period
from mallard.reports.arguments import Choice

EXCEL = "excel"
CSV_FORMS = ("csv", EXCEL)
TABLE_FORMAT = Choice(
    "format", "The form.", choices=CSV_FORMS, default="csv", filed_as="table_format"
)

LONGEST_NAME = 100
_UNFIT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]")


def csv_response(text: str, form: str) -> Response:
    """CSV as a file; for Excel with a byte order mark, without which it takes UTF-8 for Latin."""
    body = text.encode("utf-8-sig" if form == EXCEL else "utf-8")
    return Response(body, mimetype="text/csv")


def as_download(
    response: Response, site_id: str, report: str, period: Period, suffix: str
) -> Response:
    """An answer that becomes the file `SITE_REPORT_FROM_TO.suffix`, both days included."""
    name = f"{_fit_for_a_name(site_id)}_{_fit_for_a_name(report)}_{_days(period)}.{suffix}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store, no-cache"
    return response


def _days(period: Period) -> str:
    """`2026-01-01_2026-01-31`; what is open at an end is called so, and `all` at both."""
    first = "begin" if period.start == date.min else period.start.isoformat()
    last = max(period.start, period.end - timedelta(days=1))
    end = "end" if period.end == date.max else last.isoformat()
    return "all" if (first, end) == ("begin", "end") else f"{first}_{end}"


def _fit_for_a_name(name: str) -> str:
    return _UNFIT_IN_NAMES.sub("-", name)[:LONGEST_NAME].lstrip(".-") or "site"
