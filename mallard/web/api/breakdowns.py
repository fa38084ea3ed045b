"""Figures by the values of a dimension or of a property, as JSON."""

from __future__ import annotations

from decimal import Decimal

from flask import Blueprint, Response, abort

from mallard.reports.breakdown import (
    DIMENSION,
    DIMENSIONS,
    OFFSET,
    SEARCH,
    breakdown,
    breakdown_of,
)
from mallard.reports.breakdown_rows import BreakdownRow, PlaceRow, PropertyRow
from mallard.reports.columns import COLUMNS
from mallard.reports.comparison import COMPARED
from mallard.reports.conversions import conversions, conversions_of
from mallard.reports.filters import PROP
from mallard.reports.goals import GOAL
from mallard.reports.listed import ORDER, check_columns, check_order, listed, listed_of
from mallard.reports.money import Amount
from mallard.reports.parameters import LIMIT
from mallard.reports.properties import PROPERTY, PropertyKey, properties, properties_of
from mallard.web.api.asking import answer_beside_the_same, args, goal, query, tell_timezone
from mallard.web.api.described import Answer, Subject, described
from mallard.web.state import parts

blueprint = Blueprint("breakdowns", __name__, url_prefix="/api/stats")
blueprint.after_request(tell_timezone)


@blueprint.get("/breakdown/<dimension>")
@described(
    Subject.FIGURES,
    DIMENSION,
    *COMPARED,
    GOAL,
    COLUMNS,
    SEARCH,
    ORDER,
    OFFSET,
    LIMIT,
    Answer("The rows.", [BreakdownRow("/pricing", 287, 402), PlaceRow("London", 31, 40, "GB")]),
)
def get_breakdown(dimension: str) -> Response:
    """Visitors and pageviews by page, source, browser, country …

    The busiest values first, unless `order` says otherwise. Events without a value count as
    `(unknown)`. Regions and cities have a `country_code`: those of one name in two countries are
    two rows. Entry and exit pages count the visitors and pageviews of the sessions that begin or
    end there.

    With `goal` each row has `conversions`, in the sessions with its value, and the share of its
    visitors who reached the goal there, the `conversion_rate`. With `columns` it has those, too.
    """
    if dimension not in DIMENSIONS:
        known = ", ".join((*DIMENSIONS, f"{PROP}KEY"))
        abort(404, f"there is no breakdown by {dimension}; there are {known}")
    columns = COLUMNS.of(args())
    check_columns(dimension, columns)
    return _breakdown(dimension, columns)


@blueprint.get(f"/breakdown/{PROP}<path:property>")
@described(
    Subject.FIGURES,
    PROPERTY,
    *COMPARED,
    GOAL,
    SEARCH,
    ORDER,
    OFFSET,
    LIMIT,
    Answer("The rows.", [PropertyRow("pro", 31, 0, 34, [Amount("EUR", Decimal("2045.90"))])]),
)
def get_property_breakdown(property: str) -> Response:
    """Visitors, pageviews, events and amounts by the value of a property.

    A text is a value as it stands; a number, `true`, `false` and an object is, as JSON writes it.
    Of an array each element is one, and counts once in an event. Where there is nothing else than
    `null`, an empty text or an empty array, the event counts as `(unknown)`, as do those without
    the property. `filter=prop:KEY==VALUE` keeps the events that are counted in a row. All else is
    as in other breakdowns. Amounts are exact, and so written as text.
    """
    return _breakdown(f"{PROP}{property}")


def _breakdown(dimension: str, columns: tuple[str, ...] = ()) -> Response:
    search, order, offset = SEARCH.of(args()) or "", ORDER.of(args()), OFFSET.of(args())
    chosen, desk = goal(), parts().reports
    check_order(dimension, order, chosen is not None, columns)
    if columns:
        told = desk.ask(listed, query(), dimension, columns, chosen, search, order, offset)
        keys = tuple(one.row.key for one in told)
        return answer_beside_the_same(told, listed_of, dimension, columns, chosen, keys)
    if chosen is not None:
        rows = desk.ask(conversions, query(), dimension, chosen, search, order, offset)
        keys = tuple(row.key for row in rows)
        return answer_beside_the_same(rows, conversions_of, dimension, chosen, keys)
    plain = desk.ask(breakdown, query(), dimension, search, order, offset)
    keys = tuple(row.key for row in plain)
    return answer_beside_the_same(plain, breakdown_of, dimension, keys)


@blueprint.get("/properties")
@described(
    Subject.FIGURES,
    *COMPARED,
    LIMIT,
    Answer("The rows.", [PropertyKey("plan", 287, 402)]),
)
def get_properties() -> Response:
    """The properties that events came with.

    Those of the most visitors first. An event that has nothing but `null`, an empty text or an
    empty array has no value, and does not count.
    """
    rows = parts().reports.ask(properties, query())
    return answer_beside_the_same(rows, properties_of, tuple(row.key for row in rows))
