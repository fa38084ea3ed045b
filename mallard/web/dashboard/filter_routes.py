"""Where filters are made and edited: a page with a form, what it suggests, and what it leads to."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template
from werkzeug.wrappers import Response

from mallard.reports.arguments import first
from mallard.reports.parameters import SITE
from mallard.web.dashboard.filter_forms import (
    BY,
    EDITED,
    GROUPS,
    KEY,
    VALUE,
    asked_form,
    filter_of,
    suggested,
)
from mallard.web.dashboard.looking import bar_of, known_path, one_page, page_args, vary, view_of
from mallard.web.dashboard.view import asked_url
from mallard.web.state import parts

blueprint = Blueprint("filters", __name__, url_prefix="/filter")
blueprint.after_request(vary)


@blueprint.get("")
@one_page
def form() -> str:
    """The form of one filter; where the address names no dimension, the choice of one."""
    args = page_args()
    view = view_of(args, asked_url(args))
    is_chosen = first(args, BY) or first(args, EDITED)
    return render_template(
        "filter/page.html",
        view=view,
        form=asked_form(view, args) if is_chosen else None,
        groups=GROUPS,
        back=asked_url(args, known_path(first(args, "path"))),
        **bar_of(view),
    )


@blueprint.get("/values")
def values() -> str:
    """What the site has of a dimension that contains what was typed, as options."""
    args = page_args()
    view = view_of(args, asked_url(args))
    search, key = ((first(args, name) or "").strip() for name in (VALUE, KEY))
    found = suggested(view, first(args, BY) or "", search, key)
    return render_template("filter/_values.html", suggestions=found)


@blueprint.get("/set")
def set_filter() -> Response:
    """To the view with the filter that the form says."""
    args = page_args()
    url = asked_url(args, known_path(first(args, "path")))
    goals = [goal.name for goal in parts().register.of(SITE.of(args)).goals]
    return redirect(str(url.exchanging(first(args, EDITED) or "", filter_of(args, goals))))
