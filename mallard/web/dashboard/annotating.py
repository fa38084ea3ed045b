"""Annotating by a click: while a reader chooses, each bucket of the chart leads to a form."""

from __future__ import annotations

import re
from datetime import UTC

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from mallard.reports.arguments import Args, first
from mallard.texts.catalogue import sentence
from mallard.web.account.site_settings import entry_of
from mallard.web.annotations import BadAnnotation, annotate
from mallard.web.dashboard.looking import bar_of, one_page, page_args, vary, view_of
from mallard.web.dashboard.moments import AT
from mallard.web.dashboard.page_url import PageUrl
from mallard.web.dashboard.view import View, asked_url
from mallard.zones.days import clock_at

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}", re.ASCII)

blueprint = Blueprint("annotating", __name__, url_prefix="/annotate")
blueprint.after_request(vary)


@blueprint.get("")
@one_page
def form() -> str:
    """The form, with the moment that the address names; now, if it names none."""
    view = _view()
    return _page(view, {"at": _moment(view, page_args())})


@blueprint.post("")
@one_page
def add() -> Response:
    """Keeps what was typed, and leads back to the chart."""
    view, typed = _view(), request.form
    try:
        annotate(view.query.site_id, typed.get("at") or None, typed.get("text", ""))
    except BadAnnotation as error:
        problem = sentence(error)
        return make_response(_page(view, typed.to_dict(), problem), 400)
    return redirect(str(asked_url(page_args())), 303)


def _view() -> View:
    """Any view of the site: what is annotated need not be in the one that is shown."""
    url = asked_url(page_args())
    view = view_of({"site_id": [url.site_id or ""]}, PageUrl(url.site_id, base=url.base))
    entry_of(view.query.site_id)
    return view


def _moment(view: View, args: Args) -> str:
    asked = first(args, AT) or ""
    if _MOMENT.fullmatch(asked):
        return asked
    now = clock_at(view.now.astimezone(UTC).replace(tzinfo=None), view.query.period.zone)
    return f"{now:%Y-%m-%dT%H:%M}"


def _page(view: View, typed: dict[str, str], problem: str = "") -> str:
    return render_template(
        "saved/annotation.html",
        view=view,
        typed=typed,
        problem=problem,
        back=asked_url(page_args()),
        zone=view.query.period.zone,
        **bar_of(view),
    )
