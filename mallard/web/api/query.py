"""Figures by several dimensions at once, as JSON."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response

from mallard.reports.breakdown import OFFSET
from mallard.reports.by_dimensions import by_dimensions
from mallard.reports.dimensions_asked import (
    DIMENSIONS_ASKED,
    METRICS_ASKED,
    ORDER_ASKED,
    asked_by,
)
from mallard.reports.imported_combinations import are_told
from mallard.reports.parameters import LIMIT, OF_ALL
from mallard.web.api.asking import args, as_json, count_imported, query, site, tell_timezone
from mallard.web.api.described import Answer, Subject, described
from mallard.web.decided import goals_of
from mallard.web.state import parts

blueprint = Blueprint("query", __name__, url_prefix="/api/stats")
blueprint.after_request(tell_timezone)


@dataclass(frozen=True, slots=True)
class Figures:
    """Rows, each of a combination of values with its figures, and how many there are in all."""

    rows: list[dict[str, str | int | float]]
    total: int


@blueprint.get("/query")
@described(
    Subject.FIGURES,
    *OF_ALL,
    DIMENSIONS_ASKED,
    METRICS_ASKED,
    ORDER_ASKED,
    OFFSET,
    LIMIT,
    Answer(
        "The rows.",
        Figures([{"country": "DE", "browser": "Firefox", "visitors": 31, "pageviews": 72}], 45),
    ),
)
def get_by_dimensions() -> Response:
    """Figures by several dimensions at once.

    A row for each combination of values that there is, times without events left out; one row when
    no dimension is named. What belongs to a session, such as its country or source, is that of its
    first event, as in filters. A session counts in every row with an event of its, as a whole; in
    time it counts where it began. `goal` tells by the site's goals which of them was reached.
    Imported days are among the figures by one dimension, by days, weeks or months, or by both, as
    far as they tell these.
    """
    asked, by = query(), asked_by(args(), goals_of(site()))
    found = parts().reports.ask(by_dimensions, asked, by)
    if are_told(by):
        count_imported(by_dimensions, asked)
    names = (*found.dimensions, *METRICS_ASKED.of(args()))
    rows = [dict(zip(names, (*key, *figures), strict=True)) for key, figures in found.rows]
    return as_json(Figures(rows, found.total))
