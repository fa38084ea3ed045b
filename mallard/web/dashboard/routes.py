"""The dashboard's addresses: `/` is every page, `/panels/<name>` one panel of a site's page."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template
from htmx_flask import request
from werkzeug.wrappers import Response as AnyResponse

from mallard.reports.query import Args, ReportQuery, first
from mallard.web.dashboard import wording
from mallard.web.dashboard.answers import Answer
from mallard.web.dashboard.page_url import PageUrl
from mallard.web.dashboard.panels import PANELS, card_state, open_panels, tab_url, tabs
from mallard.web.dashboard.questions import came_by_form
from mallard.web.dashboard.sites import sites_page
from mallard.web.dashboard.view import View
from mallard.web.state import parts

PERIODS = {"today": "Today", "7d": "7 days", "30d": "30 days", "90d": "90 days"}
ANY_SITE = "-"
"""Stands in for a site where only the period of a query is wanted."""

blueprint = Blueprint("dashboard", __name__)
blueprint.add_app_template_filter(wording.grouped)
blueprint.add_app_template_filter(wording.share)
blueprint.add_app_template_filter(wording.filter_text)
blueprint.add_app_template_filter(wording.period_text)
blueprint.add_app_template_filter(wording.visitors)
blueprint.add_app_template_filter(wording.rate)
blueprint.add_app_template_filter(wording.week_text)
blueprint.add_app_template_filter(wording.rotation_note)
blueprint.add_app_template_global(card_state)
blueprint.add_app_template_global(tabs)
blueprint.add_app_template_global(tab_url)


@blueprint.get("/")
def home() -> str | AnyResponse:
    """A site's page, or the list of all sites when the address names none."""
    args = _args()
    url = PageUrl.from_args(args)
    start, last = first(args, "from"), first(args, "to")
    if start is not None and last is not None:
        return redirect(str(url.on_days(start, last)))
    if came_by_form(args):
        return redirect(str(url))
    return _list(args, url) if url.site_id is None else _site(args, url)


@blueprint.get("/panels/<name>")
def panel(name: str) -> Response:
    """One panel of a site's page, and for htmx the address of the page that shows it.

    A problem that the page would show within the panel decides the status here.
    """
    found = PANELS.get(name) or abort(404)
    args = _args()
    view = _view(args, tab_url(PageUrl.from_args(args), found))
    report = found.report(view)
    page = render_template(found.template, panel=found, report=report, view=view)
    response = make_response(page, report.status if isinstance(report, Answer) else 200)
    if request.htmx:
        response.headers["HX-Push-Url"] = str(view.url)
    return response


@blueprint.get("/waiting")
def waiting() -> Response:
    """Nothing, until the awaited site has an event: then the word to reload the page."""
    site_id, sites = first(_args(), "site_id"), parts().sites()
    has_come = bool(sites) if site_id is None else site_id in sites
    return Response(status=204, headers={"HX-Refresh": "true"} if has_come else None)


@blueprint.app_context_processor
def shell() -> dict[str, Any]:
    """What a page extends: the whole layout, or only what htmx puts into it."""
    htmx = request.htmx
    is_swap = htmx and not htmx.boosted and not htmx.history_restore_request
    return {"shell": "swap.html" if is_swap else "layout.html"}


@blueprint.after_request
def vary(response: Response) -> Response:
    """Keeps a cache from giving a part of the page for the page."""
    response.vary.add("HX-Request")
    return response


def _list(args: Args, url: PageUrl) -> str:
    query = ReportQuery.from_args({**args, "site_id": [ANY_SITE], "filter": []}, parts().today())
    sites = parts().sites()
    found = sites_page(parts().reports, query, sites, _page_number(args))
    bar = _bar(url.at_site(None), query, sites)
    return render_template("sites.html", found=found, **bar)


def _site(args: Args, url: PageUrl) -> str:
    view = _view(args, url)
    sites = parts().sites()
    panels = open_panels(url) if url.site_id in sites else [PANELS["figures"]]
    shown = [(panel, panel.report(view)) for panel in panels]
    bar = _bar(url, view.query, sites)
    return render_template("site.html", view=view, shown=shown, **bar)


def _bar(url: PageUrl, query: ReportQuery, sites: list[str]) -> dict[str, Any]:
    """What the bar on top of a page needs."""
    return {
        "url": url,
        "sites": sites,
        "periods": PERIODS,
        "period": query.period,
        "today": parts().today(),
    }


def _page_number(args: Args) -> int:
    page = first(args, "page") or "1"
    return int(page) if page.isascii() and page.isdigit() and len(page) < 10 else 1


def _view(args: Args, url: PageUrl) -> View:
    query = ReportQuery.from_args(args, parts().today())
    return View(url, query, parts().reports, parts().now(), parts().settings)


def _args() -> Args:
    found: Args = request.args.to_dict(flat=False)
    return found
