"""The goals of a site, written out for their panel; None where it has none."""

from __future__ import annotations

from dataclasses import dataclass

from mallard.reports.filters import UNKNOWN
from mallard.reports.goals import GoalRow, goals
from mallard.web.dashboard.page_url import PageUrl
from mallard.web.dashboard.view import View
from mallard.web.dashboard.wording import Change, money, points_text
from mallard.web.decided import goals_of

ENTRY_PAGES = "entry_pages"
PAGES = frozenset((ENTRY_PAGES, "exit_pages", "hostnames"))
"""The tabs of the card of pages but the first."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A goal, who reached it, and the view with its conversions beside all other figures.

    `change` is that of the rate, None unless another period is compared.
    """

    name: str
    visitors: int
    times: int
    rate: float
    amounts: list[str]
    change: Change | None
    url: PageUrl
    is_chosen: bool


def reached_goals(view: View) -> list[Reached] | None:
    """The goals in the order of the document."""
    wanted = goals_of(view.site)
    found = view.desk.ask(goals, view.query, wanted)
    before = view.desk.ask(goals, view.before, wanted) if view.before else [None] * len(found)
    pairs = zip(found, before, strict=True)
    return [_reached(view, row, then) for row, then in pairs] or None


def _reached(view: View, row: GoalRow, before: GoalRow | None) -> Reached:
    is_chosen = row.goal == view.url.goal
    return Reached(
        name=row.goal,
        visitors=row.visitors,
        times=row.conversions,
        rate=row.conversion_rate,
        amounts=[
            money(one.amount, None if one.currency == UNKNOWN else one.currency)
            for one in row.revenue
        ],
        change=_change(row, before),
        url=view.url.choosing(None) if is_chosen else _chosen(view.url, row.goal),
        is_chosen=is_chosen,
    )


def _chosen(url: PageUrl, goal: str) -> PageUrl:
    """The view with a goal; by entry page, as that is what people ask first, unless they look at
    another list of pages.
    """
    chosen = url.choosing(goal)
    return chosen if PAGES.intersection(url.tabs) else chosen.showing(ENTRY_PAGES, instead_of=())


def _change(row: GoalRow, before: GoalRow | None) -> Change | None:
    return None if before is None else points_text(row.conversion_rate, before.conversion_rate)
