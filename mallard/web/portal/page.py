"""The operator's page at `/portal`, and each of its tables as a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for

from mallard.charts.line import Point
from mallard.charts.sparkline import sparkline
from mallard.reports.export import csv_text
from mallard.reports.tally import TallyRow
from mallard.web.guards import caller
from mallard.web.portal.figures import SPANS, Figures, SubjectFigures, span_from_args
from mallard.web.portal.subjects import BY_NAME, SUBJECTS, Listing, Subject
from mallard.web.state import parts

blueprint = Blueprint("portal_page", __name__)


@blueprint.app_context_processor
def way_here() -> dict[str, Any]:
    """What leads here from the menu of every page."""
    return {"portal_url": url_for("portal_page.page")}


@dataclass(frozen=True, slots=True)
class Table:
    """A list with its rows as they are shown."""

    listing: Listing
    rows: list[TallyRow]


@dataclass(frozen=True, slots=True)
class Section:
    """A subject with its figures."""

    subject: Subject
    total: tuple[int, ...]
    line: tuple[Point, ...]
    tables: list[Table]


def figures() -> Figures:
    """The figures in the order that the request asks for. Raises BadQuery."""
    settings = parts().settings.portal or abort(404)
    order = span_from_args(dict(request.args.lists()))
    return Figures(parts().reports, settings, parts().today(), order)


@blueprint.get("/portal")
def page() -> Response:
    """The page."""
    asked = figures()
    with parts().reports.one_page():
        sections = [_section(asked, found) for found in asked.of(SUBJECTS)]
        site, of_pages = asked.of_pages()
    body = render_template(
        "portal/page.html",
        sections=sections,
        spans=SPANS,
        order=asked.order,
        pages_site=site,
        of_pages=of_pages,
        is_known=caller() is not None,
    )
    return make_response(body)


@blueprint.get("/portal/<subject>/<listing>.csv")
def table(subject: str, listing: str) -> Response:
    """All rows of a table, as a file."""
    found = BY_NAME.get(subject) or abort(404)
    wanted = next((one for one in found.listings if one.name == listing), None) or abort(404)
    rows = figures().all_rows(wanted)
    heads = (*wanted.columns, *(f"last_{s.name}_days" if s.days else "all_days" for s in SPANS))
    text = csv_text(heads, ((*wanted.shown(row.told), *row.counts) for row in rows))
    response = Response(text, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{subject}-{listing}.csv"'
    response.headers["Cache-Control"] = "no-store, no-cache"
    return response


def _section(asked: Figures, found: SubjectFigures) -> Section:
    subject = found.subject
    tables = [Table(*pair) for pair in zip(subject.listings, found.rows, strict=True)]
    return Section(subject, found.total, sparkline(asked.trend(subject)), tables)
