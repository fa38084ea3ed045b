"""What the forms of the behaviour panels suggest: the site's busiest pages and events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from mallard.model import PAGEVIEW
from mallard.register.site import Site
from mallard.reports.breakdown import breakdown
from mallard.reports.decoding import decoded
from mallard.reports.desk import ReportDesk
from mallard.reports.query import ReportQuery
from mallard.reports.steps import of_page
from mallard.web.dashboard.view import View
from mallard.web.dashboard.wording import visitors

MOST_PAGES = 40
MOST_EVENTS = 20
MOST_GOALS = 4
"""Of events, and of pages."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A value to put into a field, and what is known about it."""

    value: str
    text: str


def pages(view: View) -> Sequence[Suggestion]:
    """The busiest pages of the period; no filter hides any, since a path may lead across them.

    Those of a shared link do, and where it shows no pages, there are none.
    """
    return _busiest(view, "pages", MOST_PAGES)


def steps(view: View) -> Sequence[Suggestion]:
    """The busiest pages and events of the period, written as steps."""
    return [
        *(
            Suggestion(str(of_page(one.value)), one.text)
            for one in _busiest(view, "pages", MOST_PAGES)
        ),
        *_busiest(view, "events", MOST_EVENTS, "event:"),
    ]


def goals(view: View) -> Sequence[Suggestion]:
    """The busiest events and pages of the period that are no goals yet, written as steps.

    Who looks by a shared link makes none.
    """
    if view.url.share is not None:
        return []
    query = replace(view.query, filters=())
    return goals_to_make(view.desk, query, view.site)


def goals_there(site: Site) -> Mapping[str, Set[str]]:
    """The events, and the pages, that are goals of a site, or can be none."""
    return {
        "event": {goal.event for goal in site.goals} | {PAGEVIEW},
        "page": {decoded(goal.page) for goal in site.goals},
    }


def goals_to_make(desk: ReportDesk, query: ReportQuery, site: Site) -> list[Suggestion]:
    """The busiest events, then pages, of a query that are no goals of a site yet."""
    there = goals_there(site)
    return [
        *_no_goals(desk, query, "events", "event:", there["event"]),
        *_no_goals(desk, query, "pages", "page:", there["page"]),
    ]


def _no_goals(
    desk: ReportDesk, query: ReportQuery, dimension: str, prefix: str, there: Set[str]
) -> list[Suggestion]:
    query = replace(query, limit=MOST_GOALS + len(there))
    found = [row for row in desk.ask(breakdown, query, dimension) if row.value not in there]
    return [
        Suggestion(f"{prefix}{row.value}", visitors(row.visitors)) for row in found[:MOST_GOALS]
    ]


def _busiest(view: View, dimension: str, limit: int, prefix: str = "") -> list[Suggestion]:
    share = view.url.share
    if not view.url.shows(dimension):
        return []
    fixed = share.fixed(view.query.filters) if share else ()
    query = replace(view.query, filters=fixed, limit=limit)
    return [
        Suggestion(f"{prefix}{row.value}", visitors(row.visitors))
        for row in view.desk.ask(breakdown, query, dimension)
    ]
