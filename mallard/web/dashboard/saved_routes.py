"""Where segments, views and funnels are saved, renamed, edited and deleted, from a site's page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import Blueprint, abort, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from mallard.register.part import LONGEST_NAME
from mallard.register.port import Changed
from mallard.register.site import Site
from mallard.reports.arguments import first
from mallard.reports.decoding import decoded
from mallard.reports.filters import Filter
from mallard.reports.funnel import DEFAULT_WINDOW
from mallard.reports.parameters import SITE
from mallard.texts.catalogue import N_, _, sentence
from mallard.texts.said import said
from mallard.web.account.changing import CHANGED, BadPart, Json, change_site, with_part
from mallard.web.account.site_parts import KINDS, Kind
from mallard.web.dashboard.looking import bar_of, one_page, page_args, vary, view_of
from mallard.web.dashboard.page_url import PageUrl
from mallard.web.dashboard.saved import (
    FUNNELS,
    GOALS,
    SEGMENTS,
    VIEWS,
    funnel_url,
    query_to_save,
    view_url,
)
from mallard.web.dashboard.step_list import moved
from mallard.web.dashboard.suggestions import steps as steps_known
from mallard.web.dashboard.view import asked_url
from mallard.web.state import parts

blueprint = Blueprint("saved", __name__, url_prefix="/saved")
blueprint.after_request(vary)


@dataclass(frozen=True, slots=True)
class SavedForm:
    """What is in the form; `was` is the name of what is edited, empty for something new."""

    kind: str
    was: str
    fields: Mapping[str, str]
    steps: tuple[str, ...] = ()
    version: str | None = None
    """Of the document that it is a form of; the present one's for None."""
    problem: str = ""
    present: Mapping[str, str] | None = None
    """What somebody else has made of it."""

    @property
    def kind_of(self) -> Kind:
        """What it is one of."""
        return KINDS[self.kind]


@blueprint.get("/<kind>")
@one_page
def form(kind: str) -> Response:
    """The form that gives a name to the view at the address, or to a part of it; of the one that
    is called `was`, if the address says so.
    """
    was = first(page_args(), "was") or ""
    return _page(_form(_known(kind), was) if was else _begun(_known(kind), asked_url(page_args())))


@blueprint.post("/<kind>")
@one_page
def save(kind: str) -> Response:
    """Saves something new, or changes or deletes what is called `was`."""
    steps = tuple(step.strip() for step in request.form.getlist("step") if step.strip())
    given = {**_named(kind, request.form), "steps": "\n".join(steps)}
    found = SavedForm(_known(kind), given.get("was", ""), given, steps, given.get("version", ""))
    if "move" in given:
        return _page(replace(found, steps=moved(request.form.getlist("step"), given["move"])))
    part = None if "remove" in given else KINDS[kind].read(given)
    try:
        change_site(_site_id(), str(found.version), lambda now: _changed(now, found, part))
    except BadPart as error:
        return _page(replace(found, problem=sentence(error)), 400)
    except Changed:
        present = _fields_of(kind, found.was) if found.was else None
        return _page(replace(found, problem=_(CHANGED), version=None, present=present), 412)
    return redirect(_there(found, part), 303)


def _named(kind: str, given: Mapping[str, str]) -> Mapping[str, str]:
    """What a form says; a goal that a row was made is called like that."""
    if kind != GOALS or "name" in given:
        return given
    return {**given, "name": decoded(given.get("value", ""))[:LONGEST_NAME].strip()}


def _changed(now: Json, form: SavedForm, part: Json | None) -> Json:
    """The document with the part; it is found by its name, wherever it stands by now."""
    if not form.was:
        return with_part(now, form.kind, None, part)
    names = [one["name"] for one in now.get(form.kind, ())]
    if form.was not in names:
        one = said(form.kind_of.one)
        raise BadPart(
            said("There is no %(one)s of the name %(name)s any more.", one=one, name=form.was)
        )
    return with_part(now, form.kind, names.index(form.was), part)


def _there(form: SavedForm, part: Json | None) -> str:
    """The view of what was saved, or that without what was deleted."""
    url = asked_url(page_args())
    if part is None:
        is_shown = form.kind == SEGMENTS and url.segment == form.was
        return str(url.in_segment(None) if is_shown else url)
    saved = next(one for one in getattr(_site(), form.kind) if one.name == part["name"])
    if form.kind == VIEWS:
        return view_url(url, saved)
    if form.kind == GOALS:
        shown = Filter(
            "page" if saved.page else "event", "==", (saved.event or decoded(saved.page),)
        )
        return str(url.lifting(shown).choosing(saved.name))
    if form.kind == FUNNELS:
        return str(funnel_url(url, saved))
    return str(url.unfiltered().in_segment(saved.name))


def _begun(kind: str, url: PageUrl) -> SavedForm:
    """What the address has of it."""
    filters = [str(one) for one in url.filters]
    inherited = next((one.filters for one in _site().segments if one.name == url.segment), ())
    fields = {
        SEGMENTS: {"filters": "\n".join([*inherited, *filters])},
        VIEWS: {"query": query_to_save(url)},
        FUNNELS: {"window": url.questions.window or DEFAULT_WINDOW},
        GOALS: {},
    }
    return SavedForm(kind, "", fields[kind], url.questions.funnel)


def _form(kind: str, was: str) -> SavedForm:
    fields = _fields_of(kind, was)
    if fields is None:
        abort(404, said("there is no such %(one)s", one=said(KINDS[kind].one)))
    return SavedForm(kind, was, fields, tuple(fields.get("steps", "").splitlines()))


def _fields_of(kind: str, name: str) -> Mapping[str, str] | None:
    """What the form of the one of this name shows; None where there is none."""
    found = next((one for one in getattr(_site(), kind) if one.name == name), None)
    return KINDS[kind].fields_of(found) if found else None


def _known(kind: str) -> str:
    return kind if kind in KINDS else abort(404)


def _site_id() -> str:
    site_id = SITE.of(page_args())
    if site_id not in parts().known_sites():
        abort(404, N_("there is no such site"))
    return site_id


def _site() -> Site:
    return parts().register.of(_site_id())


def _page(form: SavedForm, status: int = 200) -> Response:
    args, site_id = page_args(), _site_id()
    url = asked_url(args)
    # What is saved can be edited in any view, also of what is not there any more.
    view = view_of({"site_id": [site_id]}, PageUrl(site_id, base=url.base))
    around = bar_of(view)
    if form.version is not None:
        around["version"] = form.version
    page = render_template(
        "saved/page.html",
        view=view,
        form=form,
        suggestions=steps_known(view) if form.kind == FUNNELS else (),
        back=url,
        **around,
    )
    return make_response(page, status)
