"""The operator's figures as JSON."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from mallard.reports.tally import TallyRow
from mallard.web.api.stats import as_json
from mallard.web.portal.figures import SPANS, Figures
from mallard.web.portal.page import figures
from mallard.web.portal.subjects import BY_NAME, Listing

blueprint = Blueprint("portal_api", __name__, url_prefix="/api/portal")


@blueprint.get("/downloads")
def downloads() -> Response:
    """How often what was downloaded."""
    return _answer("downloads")


@blueprint.get("/clones")
def clones() -> Response:
    """How often what was cloned."""
    return _answer("clones")


@blueprint.get("/tool-usage")
def tool_usage() -> Response:
    """How often tools were used."""
    return _answer("tool-usage")


@blueprint.get("/catalog")
def catalog() -> Response:
    """What was looked at and for in the catalog."""
    return _answer("catalog")


def _answer(name: str) -> Response:
    asked = figures()
    (found,) = asked.of([BY_NAME[name]])
    place = asked.order
    lists = {
        listing.name.replace("-", "_"): _rows(asked, listing, rows)
        for listing, rows in zip(found.subject.listings, found.rows, strict=True)
    }
    return as_json({"total": found.total[place], "days": SPANS[place].name} | lists)


def _rows(asked: Figures, listing: Listing, rows: list[TallyRow]) -> list[dict[str, Any]]:
    """The rows of the page that have a count in the span, or are expected there."""
    expected = set(listing.expected(asked.portal))
    return [
        dict(zip(listing.columns, listing.shown(row.told), strict=True))
        | {"count": row.counts[asked.order]}
        for row in rows
        if row.counts[asked.order] or row.told in expected
    ]
