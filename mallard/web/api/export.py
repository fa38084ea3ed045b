"""Figures and raw events as files to download."""

from __future__ import annotations

import re

from flask import Blueprint, Response

from mallard.model import MallardError
from mallard.reports.arguments import BadQuery, Choice, first
from mallard.reports.export import ExportRow, as_csv
from mallard.reports.export import export as daily_figures
from mallard.reports.parameters import FILTER, OF_ALL, OF_ANY_LENGTH
from mallard.reports.query import site_and_any_period
from mallard.transfer.exporting import Wanted
from mallard.transfer.formats import MIMETYPES, Format
from mallard.transfer.pieces import Begun
from mallard.web.api.asking import args, as_json, query
from mallard.web.api.described import Answer, Subject, described
from mallard.web.errors import later
from mallard.web.state import parts

blueprint = Blueprint("export", __name__, url_prefix="/api")

DAILY_FORMAT = Choice(
    "format", "The form.", choices=("csv", "json"), default="csv", filed_as="daily_format"
)
EVENTS_FORMAT = Choice(
    "format", "The form.", choices=tuple(Format), default=Format.CSV, filed_as="events_format"
)
EVENTS = Answer("The events, oldest first, in pieces.", files=MIMETYPES.values())

LONGEST_NAME = 100
_UNFIT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]")


@blueprint.get("/stats/export")
@described(
    Subject.DOWNLOADS,
    *OF_ALL,
    DAILY_FORMAT,
    Answer(
        "The file.",
        [ExportRow("2026-01-01", 120, 455, "/pricing", "(direct)")],
        files=("text/csv",),
    ),
)
def export_figures() -> Response:
    """The figures of each day.

    `top_page` and `top_source` are those of the whole period. In CSV, a text that a spreadsheet
    would take for a formula gets a single quote in front.
    """
    form = DAILY_FORMAT.of(args())
    rows = parts().reports.ask(daily_figures, query())
    response = as_json(rows) if form == "json" else Response(as_csv(rows), mimetype="text/csv")
    return _download(response, f"export.{form}")


@blueprint.get("/export/events")
@described(Subject.DOWNLOADS, *OF_ANY_LENGTH, EVENTS_FORMAT, EVENTS)
def export_events() -> Response:
    """Every event of a site.

    A period of any length, or all of history when none is given. The columns are those of the
    Parquet files. Filters are not possible here.
    """
    if first(args(), FILTER.name) is not None:
        raise BadQuery("filter is not possible here: an export of events holds all of them")
    form = Format(EVENTS_FORMAT.of(args()))
    site_id, period = site_and_any_period(args(), parts().today())
    try:
        pieces = Begun(parts().export_events(Wanted(site_id, period, form)))
    except MallardError as error:
        return later(503, str(error))
    response = Response(pieces, mimetype=MIMETYPES[form])
    return _download(response, f"{_fit_for_a_name(site_id)}-events.{form}")


@blueprint.get("/gdpr/export")
@described(Subject.PRIVACY, *OF_ANY_LENGTH, EVENTS_FORMAT, EVENTS)
def export_events_for_gdpr() -> Response:
    """Every event of a site.

    The same as `/api/export/events`.
    """
    return export_events()


def _download(response: Response, name: str) -> Response:
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store, no-cache"
    return response


def _fit_for_a_name(site_id: str) -> str:
    return _UNFIT_IN_NAMES.sub("_", site_id)[:LONGEST_NAME].lstrip(".-") or "site"
