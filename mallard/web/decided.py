"""What requests have to do with what is decided about their site, whatever they come for."""

from __future__ import annotations

from mallard.register.site import Site
from mallard.reports.arguments import Args, BadQuery
from mallard.reports.funnel import FUNNEL, WINDOW
from mallard.reports.goals import GOAL, Goal
from mallard.reports.parameters import FILTER, SEGMENT
from mallard.reports.steps import STEP, STEPS


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


def with_segment(site: Site, args: Args) -> Args:
    """The arguments with the filters of the segment that they name, if they do. Raises BadQuery."""
    name = SEGMENT.of(args)
    if name is None:
        return args
    found = next((segment for segment in site.segments if segment.name == name), None)
    if found is None:
        raise BadQuery(_unknown("segment", name, [segment.name for segment in site.segments]))
    return {**args, FILTER.name: [*found.filters, *FILTER.of(args)]}


def with_funnel(site: Site, args: Args) -> Args:
    """The arguments with the steps and window of the funnel that they name. Raises BadQuery."""
    name = FUNNEL.of(args)
    if name is None:
        return args
    found = next((funnel for funnel in site.funnels if funnel.name == name), None)
    if found is None:
        raise BadQuery(_unknown("funnel", name, [funnel.name for funnel in site.funnels]))
    return {**args, STEPS.name: [], STEP.name: found.steps, WINDOW.name: [found.window]}


def _unknown(kind: str, name: str, known: list[str]) -> str:
    there_are = f"there are {', '.join(known)}" if known else "it has none"
    return f"{kind}: the site has none of the name {name!r}; {there_are}"
