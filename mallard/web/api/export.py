"""Figures and raw events as files to download."""

from __future__ import annotations

import re
from collections.abc import Collection

from flask import Blueprint, Response, abort

from mallard.model import MallardError
from mallard.reports.export import as_csv
from mallard.reports.export import export as daily_figures
from mallard.reports.query import BadQuery, first, site_and_any_period
from mallard.transfer.exporting import Wanted
from mallard.transfer.formats import MIMETYPES, Format
from mallard.transfer.pieces import Begun
from mallard.web.api.stats import args, as_json, query
from mallard.web.state import parts

blueprint = Blueprint("export", __name__, url_prefix="/api")

LONGEST_NAME = 100
_UNFIT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]")


@blueprint.get("/stats/export")
def daily() -> Response:
    """The figures of each day of the period, as CSV or JSON."""
    form = _format((Format.CSV, "json"))
    rows = parts().reports.ask(daily_figures, query())
    response = as_json(rows) if form == "json" else Response(as_csv(rows), mimetype="text/csv")
    return _download(response, f"export.{form}")


@blueprint.get("/gdpr/export", endpoint="gdpr_export")
@blueprint.get("/export/events")
def events() -> Response:
    """Every event of a site, whole or of a period of any length, in pieces."""
    if first(args(), "filter") is not None:
        raise BadQuery("filter is not possible here: an export of events holds all of them")
    form = Format(_format(tuple(Format)))
    site_id, period = site_and_any_period(args(), parts().today())
    try:
        pieces = Begun(parts().export_events(Wanted(site_id, period, form)))
    except MallardError as error:
        abort(503, str(error))
    response = Response(pieces, mimetype=MIMETYPES[form])
    return _download(response, f"{_fit_for_a_name(site_id)}-events.{form}")


def _format(known: Collection[str]) -> str:
    form = first(args(), "format") or Format.CSV
    if form not in known:
        raise BadQuery(f"format must be one of {', '.join(known)}")
    return form


def _download(response: Response, name: str) -> Response:
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store, no-cache"
    return response


def _fit_for_a_name(site_id: str) -> str:
    return _UNFIT_IN_NAMES.sub("_", site_id)[:LONGEST_NAME].lstrip(".-") or "site"
