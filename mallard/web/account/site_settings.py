"""The settings page of a site: every form replaces its document, in the version that was shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from mallard.register.port import Changed
from mallard.register.site import Site
from mallard.register.sites import Entry
from mallard.reports.query import ReportQuery, is_site_id
from mallard.texts.catalogue import N_, _, sentence
from mallard.texts.said import said
from mallard.web.account.changing import CHANGED, BadPart, Json, change_site, with_part
from mallard.web.account.fields import lines_of
from mallard.web.account.site_forms import (
    Form,
    begun,
    excluded,
    forms_of,
    named,
    read_excluded,
    read_ruled,
    ruled,
)
from mallard.web.account.site_parts import KINDS, REPORTS
from mallard.web.client import client_address
from mallard.web.dashboard.suggestions import Suggestion, goals_to_make
from mallard.web.dashboard.view import asked_url
from mallard.web.deciding import decide
from mallard.web.state import parts
from mallard.zones.days import names

NAME, ALIASES, TIMEZONE, EXCLUDE = "name", "aliases", "timezone", "exclude"
PATHS, RENAME, MERGE, DELETE = "paths", "rename", "merge", "delete"
SHARES, ANNOTATIONS = "shares", "annotations"

MOST_OFFERED = 200
"""Of the other sites that one may be merged into."""

blueprint = Blueprint("site_settings", __name__, url_prefix="/settings/sites")


@blueprint.get("/<site>")
def page(site: str) -> Response:
    """The page."""
    return site_page(site, 200)


@blueprint.post("")
def add_site() -> Response:
    """Knows a site before its first event, and leads to its page, which has the line to paste."""
    site = request.form.get("site", "").strip().lower()
    if not is_site_id(site):
        abort(400, N_("a site is called by its domain, such as example.com"))
    if parts().register.entry(site) is None:
        decide(site, Site(), None)
    return redirect(str(asked_url({}).at_site(site)), 303)


@blueprint.post("/<site>/name")
def change_name(site: str) -> Response:
    """Calls the site by another name, and shows it before others or not."""
    named = {"name": request.form.get("name", "").strip(), "pinned": "pinned" in request.form}
    return _change(site, Form(NAME, None, request.form), lambda now: now | named)


@blueprint.post("/<site>/aliases")
def change_aliases(site: str) -> Response:
    """Takes in what comes by other names."""
    names = lines_of(request.form.get("aliases", ""))
    return _change(site, Form(ALIASES, None, request.form), lambda now: now | {"aliases": names})


@blueprint.post("/<site>/timezone")
def change_timezone(site: str) -> Response:
    """Lets its days begin elsewhere; with `own` where the browser is."""
    given = (request.form.get("own") or request.form.get("timezone", "")).strip()
    form = Form(TIMEZONE, None, request.form)
    return _change(site, form, lambda now: now | {"timezone": given})


@blueprint.post("/<site>/exclude")
def change_exclude(site: str) -> Response:
    """Leaves other events out; with `mine` also those of the address that this comes from."""
    wanted = read_excluded(request.form)
    if "mine" in request.form and client_address() not in wanted["addresses"]:
        wanted["addresses"].append(client_address())
    form = Form(EXCLUDE, None, request.form)
    return _change(site, form, lambda now: now | {"exclude": wanted})


@blueprint.post("/<site>/paths")
def change_paths(site: str) -> Response:
    """Makes other paths of those that pages have."""
    wanted = read_ruled(request.form)
    return _change(site, Form(PATHS, None, request.form), lambda now: now | {"paths": wanted})


@blueprint.post("/<site>/<kind>")
def change_part(site: str, kind: str) -> Response:
    """Adds a goal, segment, funnel or view, or changes or removes the one at `place`."""
    found = KINDS.get(kind) or abort(404)
    place = request.form.get("place", type=int)

    part = None if "remove" in request.form else found.read(request.form)

    def changed(now: Json) -> Json:
        return with_part(now, kind, place, part)

    return _change(site, Form(kind, place, request.form), changed)


@blueprint.post("/<site>/delete")
def delete(site: str) -> Response:
    """Deletes the site with all it has, if its id was typed."""
    entry = entry_of(site)
    if request.form.get("typed", "").strip() != site:
        problem = _("Type %(site)s to delete it. Nothing was deleted.", site=site)
        return site_page(site, 400, Form(DELETE, None, request.form, problem))
    try:
        parts().erase_site(site, entry.version if entry else None)
    except Changed as error:
        abort(412, said("the events are gone; %(why)s", why=error))
    return redirect(url_for("settings.page", _anchor="sites"), 303)


def _change(site: str, form: Form, change: Callable[[Json], Json]) -> Response:
    """Replaces the document, if it is the one that the form was made of, and leads back."""
    entry_of(site)
    try:
        change_site(site, request.form.get("version", ""), change)
    except BadPart as error:
        return site_page(site, 400, _with_problem(form, sentence(error)))
    except Changed:
        return site_page(site, 412, _with_problem(form, _(CHANGED)))
    return redirect(url_for(".page", site=site, saved=form.kind, _anchor=form.kind), 303)


def _goals_to_make(site: str, document: Site) -> list[Suggestion]:
    """What a click makes a goal; nothing for a site without events."""
    if site not in parts().sites():
        return []
    query = ReportQuery.from_args({"site_id": [site]}, parts().today())
    return goals_to_make(parts().reports, query, document)


def _with_problem(form: Form, problem: str) -> Form:
    return replace(form, problem=problem)


def entry_of(site: str) -> Entry | None:
    """What is decided about a site; aborts with 404 where there is none."""
    entry = parts().register.entry(site)
    if entry is None and site not in parts().known_sites():
        abort(404, N_("there is no such site"))
    return entry


def site_page(site: str, status: int, failed: Form | None = None) -> Response:
    """The page, with what was typed into a form that has failed."""
    entry = entry_of(site)
    document = entry.site if entry else Site()
    has_mail = parts().settings.smtp is not None
    new = begun(dict(request.args.lists()))
    forms: dict[str, list[Form]] = (
        forms_of(document, new)
        | {
            NAME: [Form(NAME, None, named(document))],
            ALIASES: [Form(ALIASES, None, {"aliases": "\n".join(document.aliases)})],
            TIMEZONE: [Form(TIMEZONE, None, {"timezone": document.timezone})],
            EXCLUDE: [Form(EXCLUDE, None, excluded(document.exclude))],
            PATHS: [Form(PATHS, None, ruled(document.paths))],
        }
        | {kind: [Form(kind, None, {})] for kind in (SHARES, ANNOTATIONS, RENAME, MERGE, DELETE)}
    )
    if failed is not None:
        # What was typed stays in its form, or in that for a new part where its own has gone.
        if failed.place not in [form.place for form in forms[failed.kind]]:
            failed = replace(failed, place=None)
        forms[failed.kind] = [
            failed if form.place == failed.place else form for form in forms[failed.kind]
        ]
    page = render_template(
        "settings/site.html",
        url=asked_url({}),
        sites=[],
        site=site,
        version=entry.version if entry else "",
        forms=forms,
        kinds=[kind for kind in KINDS.values() if kind.name != REPORTS or has_mail],
        timezones=names(),
        smtp=parts().settings.smtp,
        usual_zone=parts().instance.default_zone(),
        saved=request.args.get("saved"),
        to_make=_goals_to_make(site, document),
        own_address=client_address(),
        other_sites=[other for other in parts().known_sites() if other != site][:MOST_OFFERED],
        home=asked_url({}).at_site(site),
        is_open=parts().access.is_open,
    )
    return make_response(page, status)
