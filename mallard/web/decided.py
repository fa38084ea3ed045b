"""What a request names of what is decided about its site: goals, by their names."""

from __future__ import annotations

from mallard.register.site import Site
from mallard.reports.arguments import Args, BadQuery
from mallard.reports.goals import GOAL, Goal


def goals_of(site: Site) -> tuple[Goal, ...]:
    """The goals of a site, as reports ask for them."""
    return tuple(goal.asked for goal in site.goals)


def chosen_goal(site: Site, args: Args) -> Goal | None:
    """The goal that the arguments name, if they do. Raises BadQuery."""
    name = GOAL.of(args)
    if name is None:
        return None
    found = next((goal for goal in goals_of(site) if goal.name == name), None)
    if found is None:
        raise BadQuery(_unknown("goal", name, [goal.name for goal in site.goals]))
    return found


def _unknown(kind: str, name: str, known: list[str]) -> str:
    there_are = f"there are {', '.join(known)}" if known else "it has none"
    return f"{kind}: the site has none of the name {name!r}; {there_are}"
