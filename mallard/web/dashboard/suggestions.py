"""What the forms of the behaviour panels suggest: the site's busiest pages and events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mallard.reports.breakdown import breakdown
from mallard.reports.steps import of_page
from mallard.web.dashboard.view import View
from mallard.web.dashboard.wording import visitors

MOST_PAGES = 40
MOST_EVENTS = 20


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A value to put into a field, and what is known about it."""

    value: str
    text: str


def pages(view: View) -> Sequence[Suggestion]:
    """The busiest pages of the period; no filter hides any, since a path may lead across them."""
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


def _busiest(view: View, dimension: str, limit: int, prefix: str = "") -> list[Suggestion]:
    query = replace(view.query, filters=(), limit=limit)
    return [
        Suggestion(f"{prefix}{row.value}", visitors(row.visitors))
        for row in view.desk.ask(breakdown, query, dimension)
    ]
