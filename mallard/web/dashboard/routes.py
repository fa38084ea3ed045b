"""The dashboard's addresses: `/` lists the sites or shows one, and more pages and parts of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from functools import cache, partial
from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template
from htmx_flask import request
from werkzeug.wrappers import Response as AnyResponse

from mallard.reports.arguments import Args, BadQuery, first
from mallard.reports.columns import COLUMNS
from mallard.reports.query import ReportQuery
from mallard.texts.said import said
from mallard.web.dashboard import templating
from mallard.web.dashboard.answers import Answer
from mallard.web.dashboard.bar import bar, known
from mallard.web.dashboard.details import details, details_csv
from mallard.web.dashboard.live import live
from mallard.web.dashboard.looking import (
    bar_of,
    known_path,
    one_page,
    page_args,
    vary,
    view_of,
)
from mallard.web.dashboard.now import current_visitors, right_now
from mallard.web.dashboard.page_url import PageUrl
from mallard.web.dashboard.panels import (
    OVERVIEW,
    PANELS,
    PROPERTIES,
    Panel,
    of_property,
    open_panels,
    questions_of,
    tab_url,
)
from mallard.web.dashboard.periods import usual_interval
from mallard.web.dashboard.questions import came_by_form
from mallard.web.dashboard.sites import in_the_menu, sites_page
from mallard.web.dashboard.together import together
from mallard.web.dashboard.view import View, asked_url
from mallard.web.downloads import TABLE_FORMAT, as_download, csv_response
from mallard.web.state import parts
from mallard.zones.days import UTC, day_of

ANY_SITE = "-"
"""Stands in for a site where only the period of a query is wanted."""

blueprint = Blueprint("dashboard", __name__)
templating.register(blueprint)
blueprint.after_request(vary)


@blueprint.get("/")
@one_page
def home() -> str | AnyResponse:
    """A site's page, or the list of all sites when the address names none."""
    args = page_args()
    url = asked_url(args)
    if came_by_form(args):
        return redirect(str(url))
    if url.site_id is None:
        return _list(args, url)
    if (behind := parts().register.site_behind(url.site_id)) != url.site_id:
        return redirect(str(replace(url, site_id=behind)))
    return _site(args, url)


@blueprint.get("/sites")
def found_sites() -> str:
    """The first sites that the search in the menu finds, as links."""
    url = asked_url(page_args())
    found = in_the_menu(parts().known_sites(), known(), url.listing.search)
    return render_template("bar/_found_sites.html", url=url, found=found)


@blueprint.get("/sites/first")
def first_site() -> AnyResponse:
    """To the first of them; to the list, which says so, where there is none."""
    url = asked_url(page_args())
    found = in_the_menu(parts().known_sites(), known(), url.listing.search)
    there = url.at_site(found[0]) if found else replace(url.at_site(None), listing=url.listing)
    return redirect(str(there))


@blueprint.get("/go")
def go() -> AnyResponse:
    """To the view that a form with dates asks for: `from` and `to` are both included.

    They become the period, or with `compared` the days to compare with; `path` is the page.
    """
    args = page_args()
    url = asked_url(args, known_path(first(args, "path")))
    start, last = first(args, "from"), first(args, "to")
    if start is None or last is None:
        raise BadQuery(said("from and to are needed"))
    is_compared = first(args, "compared") is not None
    there = url.comparing_with_days(start, last) if is_compared else url.on_days(start, last)
    return redirect(str(there))


@blueprint.get("/panels/<name>")
@one_page
def panel(name: str) -> Response:
    """One panel of a site's page, and for htmx the address of the page that shows it.

    A problem that the page would show within the panel decides the status here.
    """
    found = PANELS.get(name) or abort(404)
    args = page_args()
    view = view_of(args, tab_url(asked_url(args), found))
    report = found.report(view)
    page = render_template(found.template, panel=found, report=report, view=view)
    response = make_response(page, report.status if isinstance(report, Answer) else 200)
    if request.htmx:
        response.headers["HX-Push-Url"] = str(view.url)
    return response


@blueprint.get("/details/<name>")
@one_page
def all_rows(name: str) -> str:
    """Every value of a breakdown, a page at a time."""
    view, found = _details(name)
    return render_template(
        "details.html", view=view, panel=found, found=details(view, found), **bar_of(view)
    )


@blueprint.get("/details/<name>.csv")
def all_rows_as_csv(name: str) -> Response:
    """The same as a file; with those of its further columns that the address names."""
    form, columns = TABLE_FORMAT.of(page_args()), COLUMNS.of(page_args())
    view, found = _details(name)
    response = csv_response(details_csv(view, found, columns), form)
    return as_download(response, view.query.site_id, found.name, view.query.period, "csv")


@blueprint.get("/realtime")
@one_page
def realtime_page() -> str:
    """Who is here now; for htmx's polling only the part that changes."""
    args = page_args()
    view = view_of(args, asked_url(args, "/realtime"))
    now = right_now(view)
    if request.htmx and request.htmx.target == "now":
        return render_template("realtime/_now.html", view=view, now=now)
    return render_template("realtime/page.html", view=view, now=now, **bar_of(view))


@blueprint.get("/live")
@one_page
def live_page() -> str:
    """The same for a wall, with the map; for htmx's polling only the part that changes."""
    args = page_args()
    view = view_of(args, asked_url(args, "/live"))
    is_polling = request.htmx and request.htmx.target == "live"
    template = "live/_live.html" if is_polling else "live/page.html"
    return render_template(template, view=view, url=view.url, live=live(view))


@blueprint.get("/realtime/visitors")
def visitors_now() -> str:
    """The number of current visitors, for the bar."""
    args = page_args()
    view = view_of(args, asked_url(args))
    return render_template("bar/_now.html", url=view.url, current=current_visitors(view))


@blueprint.get("/waiting")
def waiting() -> Response:
    """Nothing, until the awaited site has an event: then the word to reload the page."""
    site_id, sites = first(page_args(), "site_id"), parts().sites()
    has_come = bool(sites) if site_id is None else site_id in sites
    return Response(status=204, headers={"HX-Refresh": "true"} if has_come else None)


@blueprint.app_context_processor
def shell() -> dict[str, Any]:
    """What a page extends: the whole layout, or only what htmx puts into it."""
    htmx = request.htmx
    is_swap = htmx and not htmx.boosted and not htmx.history_restore_request
    return {"shell": "swap.html" if is_swap else "layout.html"}


def _list(args: Args, url: PageUrl) -> str | AnyResponse:
    sites, desk, register = parts().known_sites(), parts().reports, parts().register
    first = {**args, "site_id": [ANY_SITE], "filter": []}

    @cache
    def query_in(zone: str) -> ReportQuery:
        since = partial(_first_day_of_all, sites)
        query = ReportQuery.from_args(first, parts().today(zone), since, zone)
        if url.interval is None:
            query = replace(query, interval=usual_interval(query.period))
        return query

    around = bar(url, query_in(UTC).period)
    if len(sites) == 1 and not url.listing.search:
        return redirect(str(url.at_site(sites[0])))
    found = sites_page(
        desk,
        parts().figures_of_sites,
        lambda site: replace(query_in(register.zone_of(site)), site_id=site),
        sites,
        known(),
        url,
        parts().now(),
    )
    return render_template("sites.html", found=found, **around)


def _first_day_of_all(sites: Sequence[str], _: str) -> date:
    """The day since when one of the sites has events, each by its own days."""
    desk, register, stored = parts().reports, parts().register, parts().first_days()
    # Where days are not those of UTC, it is on none before the one when that day begins.
    starts = [(datetime.combine(stored[s], time()), s) for s in sites if s in stored]
    may_be = [(day_of(start, register.zone_of(site)), site) for start, site in starts]
    found = date.max
    for earliest, site in sorted(may_be):
        if earliest >= found:
            break
        found = min(found, desk.first_day(site, register.zone_of(site)))
    return found


def _site(args: Args, url: PageUrl) -> str:
    view = view_of(args, url)
    has_events = url.site_id in parts().sites()
    panels = open_panels(url) if has_events else [OVERVIEW]
    view.desk.expect(questions_of(view, panels))
    current, *answers = together(
        [
            lambda: current_visitors(view) if has_events and url.shows_now else None,
            *(partial(panel.report, view) for panel in panels),
        ]
    )
    shown = list(zip(panels, answers, strict=True))
    if answers[0].is_empty:
        # The overview says so, and no list repeats it.
        shown = [(panel, report) for panel, report in shown if panel.filtered_by is None]
    return render_template(
        "site.html",
        view=view,
        shown=shown,
        has_events=has_events,
        **bar(url, view.query.period, current),
    )


def _details(name: str) -> tuple[View, Panel]:
    found, args = PANELS.get(name), page_args()
    url = asked_url(args, f"/details/{name}")
    if found is not None and name == PROPERTIES:
        if url.questions.prop is None:
            raise BadQuery(said("property is missing; it is the key whose values are listed"))
        found = of_property(found, url.questions.prop)
    if found is None or found.filtered_by is None:
        abort(404)
    return view_of(args, url), found
