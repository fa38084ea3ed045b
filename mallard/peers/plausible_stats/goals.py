"""A site's goals by the names that Plausible's clients have for them."""

from __future__ import annotations

from collections.abc import Sequence

from mallard.reports.arguments import BadQuery
from mallard.reports.goal import Goal
from mallard.reports.patterns import BadPattern, page_pattern

VISIT = "Visit "


def goals_named(name: str, goals: Sequence[Goal]) -> tuple[Goal, ...]:
    """The goals of a name; of `Visit /page` those of that page, if no other has this name.

    Where one is called by what its event is, that is meant. Raises BadQuery where there is none.
    """
    found = [goal for goal in goals if goal.name == name]
    if not found:
        found = [goal for goal in goals if goal.event == name and not goal.asks_events]
    if not found and name.startswith(VISIT):
        found = _of_page(name.removeprefix(VISIT), goals)
    if not found:
        known = ", ".join(goal.name for goal in goals)
        raise BadQuery(
            f"event:goal: the site has no goal {name!r}; "
            + (f"there are {known}" if known else "add it in the site's settings")
        )
    return tuple(found)


def _of_page(page: str, goals: Sequence[Goal]) -> list[Goal]:
    try:
        wanted = page_pattern(page.replace("**", "*"))
    except BadPattern as error:
        raise BadQuery(f"event:goal: {error}") from None
    of_pages = [goal for goal in goals if goal.page and not goal.asks_events]
    return [goal for goal in of_pages if page_pattern(goal.page) == wanted]
