"""What a shared link opens: pages and panels of the dashboard, and what a public one has beside.

The functions are the dashboard's own; `gate` tells them what they may show.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, g, render_template, request

from mallard.reports.arguments import BadQuery
from mallard.reports.totals import Totals
from mallard.texts.said import said
from mallard.web.api.asking import as_json
from mallard.web.dashboard import routes as pages
from mallard.web.dashboard.headlines import plain_figures
from mallard.web.dashboard.looking import vary, view_of
from mallard.web.dashboard.shared import Shared
from mallard.web.dashboard.view import asked_url
from mallard.web.dashboard.wording import grouped
from mallard.web.sharing import gate

A_MINUTE = "public, max-age=60"
LABELS = {"visitors": "visitors today", "pageviews": "pageviews"}
SIGN_WIDTH, MARGIN = 7, 8
"""Pixels of a badge: about as wide is a sign of its font, and so much is around a text."""

blueprint = Blueprint(gate.BLUEPRINT, __name__, url_prefix="/share/<token>")
blueprint.url_value_preprocessor(gate.take_token)
blueprint.after_request(vary)
blueprint.after_request(gate.frame)

blueprint.add_url_rule("", "entrance", pages.home)
blueprint.add_url_rule("", "tell_password", gate.tell_password, methods=["POST"])
blueprint.add_url_rule("/", "home", pages.home)
blueprint.add_url_rule("/go", "go", pages.go)
blueprint.add_url_rule("/panels/<name>", "panel", pages.panel)
blueprint.add_url_rule("/details/<name>", "all_rows", pages.all_rows)
blueprint.add_url_rule("/details/<name>.csv", "all_rows_as_csv", pages.all_rows_as_csv)
blueprint.add_url_rule("/live", "live_page", pages.live_page)
blueprint.add_url_rule("/realtime", "realtime_page", pages.realtime_page)
blueprint.add_url_rule("/realtime/visitors", "visitors_now", pages.visitors_now)


@dataclass(frozen=True, slots=True)
class Counter:
    """What anybody may be told of a site whose link is public."""

    visitors_today: int
    pageviews: int


@blueprint.get("/embed.css")
def style() -> Response:
    """How high the chart of an embedded page is; the policy allows no style within a page."""
    shared: Shared = g.shared
    height = shared.look.height if shared.look else None
    text = f".plot-grid {{ --plot: {height}px; }}\n" if height else ""
    return Response(text, content_type="text/css; charset=utf-8")


@blueprint.get("/counter.json")
def counter() -> Response:
    """Visitors of the day that goes on, and pageviews of all days that are shown."""
    response = as_json(_count())
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cache-Control"] = A_MINUTE
    return response


@blueprint.get("/badge.svg")
def badge() -> Response:
    """One of the two as a picture."""
    of = request.args.get("of", "visitors")
    if of not in LABELS:
        raise BadQuery(
            said("%(name)s must be one of %(choices)s", name="of", choices=", ".join(LABELS))
        )
    count = _count()
    number = count.visitors_today if of == "visitors" else count.pageviews
    texts = (LABELS[of], grouped(number))
    widths = [2 * MARGIN + SIGN_WIDTH * len(text) for text in texts]
    page = render_template("sharing/badge.svg", texts=texts, widths=widths)
    response = Response(page, content_type="image/svg+xml; charset=utf-8")
    response.headers["Cache-Control"] = A_MINUTE
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    return response


def _count() -> Counter:
    return Counter(_totals("today").unique_visitors, _totals("all").total_pageviews)


def _totals(period: str) -> Totals:
    shared: Shared = g.shared
    args = shared.asked({"period": [period]})
    view = view_of(args, asked_url(args))
    return plain_figures(view, view.query)
