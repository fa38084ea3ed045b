"""What the routes of the dashboard have in common: a request's arguments, its view, and its bar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import Response, abort, request

from mallard.reports.arguments import Args
from mallard.texts.said import said
from mallard.web.dashboard.bar import bar
from mallard.web.dashboard.moments import ANNOTATE
from mallard.web.dashboard.now import current_visitors
from mallard.web.dashboard.page_url import HOME, PageUrl
from mallard.web.dashboard.panels import PANELS, PROPERTIES
from mallard.web.dashboard.shared import ANNOTATIONS_PANEL
from mallard.web.dashboard.view import View, look, shared
from mallard.web.state import parts

LONGEST_QUERY = 8_192
"""Bytes behind the question mark: every link of a page repeats them."""

REALTIME = "/realtime"

P = ParamSpec("P")
T = TypeVar("T")


def one_page(view: Callable[P, T]) -> Callable[P, T]:
    """A view whose reports tell of the same events, each asked for once."""

    @wraps(view)
    def of_one_page(*args: P.args, **kwargs: P.kwargs) -> T:
        with parts().reports.one_page():
            return view(*args, **kwargs)

    return of_one_page


def page_args() -> Args:
    """The request's arguments: name -> values."""
    if len(request.query_string) > LONGEST_QUERY:
        abort(
            414,
            said(
                "the address has more than %(most)s bytes behind its question mark",
                most=LONGEST_QUERY,
            ),
        )
    found: Args = request.args.to_dict(flat=False)
    share = shared()
    return found if share is None else share.asked(found)


def view_of(args: Args, url: PageUrl) -> View:
    """What an address and its arguments ask for. Raises BadQuery."""
    register, site_id = parts().register, url.site_id or ""
    site = register.of(site_id)
    zone = register.zone_of(site_id)
    view = look(url, args, parts().reports, parts().now(), parts().settings, site, zone)
    notes = register.beside(site_id).annotations if url.shows(ANNOTATIONS_PANEL) else ()
    is_annotating = url.share is None and bool(args.get(ANNOTATE))
    return replace(view, annotations=notes, is_annotating=is_annotating)


def bar_of(view: View) -> dict[str, Any]:
    """What the templates of the bar need for a view."""
    is_told = view.url.shows_now and view.url.site_id in parts().sites()
    return bar(view.url, view.query.period, current_visitors(view) if is_told else None)


def known_path(path: str | None) -> str:
    """The page of the dashboard that a form names; the site's own for any other path."""
    listed = {PROPERTIES, *(panel.name for panel in PANELS.values() if panel.filtered_by)}
    known = {f"/details/{name}" for name in listed}
    return path if path in {*known, REALTIME} else HOME


def vary(response: Response) -> Response:
    """Keeps a cache from giving a part of the page for the page."""
    response.vary.add("HX-Request")
    return response
