"""Figures and raw events as files to download."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response

from mallard.model import MallardError
from mallard.reports.arguments import BadQuery, Choice, first
from mallard.reports.comparison import COMPARED
from mallard.reports.export import ExportRow, as_csv
from mallard.reports.export import export as daily_figures
from mallard.reports.parameters import FILTER, OF_ANY_LENGTH
from mallard.reports.query import site_and_any_period
from mallard.transfer.exporting import Wanted
from mallard.transfer.formats import MIMETYPES, Format
from mallard.transfer.pieces import Begun, Pieces
from mallard.web.api.asking import answer, args, count_imported, query, query_before, tell_timezone
from mallard.web.api.compared import by_position
from mallard.web.api.described import Answer, Subject, described
from mallard.web.downloads import CSV_FORMS, EXCEL, as_download, csv_response
from mallard.web.errors import later
from mallard.web.state import parts

blueprint = Blueprint("export", __name__, url_prefix="/api")
blueprint.after_request(tell_timezone)

DAILY_FORMAT = Choice(
    "format",
    "The form; `excel` is CSV with a mark by which Excel knows that it is UTF-8.",
    choices=(*CSV_FORMS, "json"),
    default="csv",
    filed_as="daily_format",
)
EVENTS_FORMAT = Choice(
    "format",
    "The form; `excel` is CSV with a mark by which Excel knows that it is UTF-8.",
    choices=(*Format, EXCEL),
    default=Format.CSV,
    filed_as="events_format",
)
EVENTS = Answer("The events, oldest first, in pieces.", files=MIMETYPES.values())


@blueprint.get("/stats/export")
@described(
    Subject.DOWNLOADS,
    *COMPARED,
    DAILY_FORMAT,
    Answer(
        "The file.",
        [ExportRow("2026-01-01", 120, 455, "/pricing", "(direct)")],
        files=("text/csv",),
    ),
)
def export_figures() -> Response:
    """The figures of each day.

    `top_page` and `top_source` are those of the whole period. In CSV the day to compare with is in
    the columns `compared_…` of the same row, and a text that a spreadsheet would take for a formula
    gets a single quote in front. The file is called `SITE_days_FROM_TO`.
    """
    count_imported(daily_figures, query())
    form, asked, before, desk = DAILY_FORMAT.of(args()), query(), query_before(), parts().reports
    if form == "json":
        response = answer(by_position, daily_figures)
    else:
        compared = None if before is None else desk.ask(daily_figures, before)
        response = csv_response(as_csv(desk.ask(daily_figures, asked), compared), form)
    suffix = "json" if form == "json" else "csv"
    return as_download(response, asked.site_id, "days", asked.period, suffix)


@blueprint.get("/export/events")
@described(Subject.DOWNLOADS, *OF_ANY_LENGTH, EVENTS_FORMAT, EVENTS)
def export_events() -> Response:
    """Every event of a site.

    A period of any length, or all of history when none is given. The columns are those of the
    Parquet files; in CSV a text that a spreadsheet would take for a formula gets a single quote in
    front. Filters are not possible here. The file is called `SITE_events_FROM_TO`. Excel shows
    1,048,576 lines of a file.
    """
    if first(args(), FILTER.name) is not None:
        raise BadQuery("filter is not possible here: an export of events holds all of them")
    return _streamed(parts().export_events, "events")


@blueprint.get("/export/imported-days")
@described(
    Subject.DOWNLOADS,
    *OF_ANY_LENGTH,
    EVENTS_FORMAT,
    Answer("The figures, by dimension and day, in pieces.", files=MIMETYPES.values()),
)
def export_imported_days() -> Response:
    """The figures of days that a site has imported from another product.

    The columns are those of the files below `imported/`. `mallard import` reads them again. The
    file is called `SITE_imported-days_FROM_TO`.
    """
    return _streamed(parts().export_days, "imported-days")


def _streamed(export: Callable[[Wanted], Pieces], kind: str) -> Response:
    """What is asked for, as a file that is made while it is sent."""
    chosen = EVENTS_FORMAT.of(args())
    is_for_excel = chosen == EXCEL
    form = Format.CSV if is_for_excel else Format(chosen)
    site_id, period = site_and_any_period(args(), parts().today())
    try:
        pieces = Begun(export(Wanted(site_id, period, form, is_for_excel)))
    except MallardError as error:
        return later(503, str(error))
    response = Response(pieces, mimetype=MIMETYPES[form])
    return as_download(response, site_id, kind, period, form)


@blueprint.get("/gdpr/export")
@described(Subject.PRIVACY, *OF_ANY_LENGTH, EVENTS_FORMAT, EVENTS)
def export_events_for_gdpr() -> Response:
    """Every event of a site.

    The same as `/api/export/events`.
    """
    return export_events()
