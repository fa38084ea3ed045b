"""What requests have to do with what is decided about their site, whatever they come for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from mallard.register.site import Funnel, Segment, Site
from mallard.reports.arguments import Args, BadQuery
from mallard.reports.filters import parse_filters
from mallard.reports.funnel import FUNNEL, WINDOW
from mallard.reports.goal import Goal
from mallard.reports.goals import GOAL
from mallard.reports.parameters import FILTER, SEGMENT
from mallard.reports.query import ReportQuery
from mallard.reports.steps import STEP, STEPS
from mallard.texts.said import said, words_of

N = TypeVar("N", Goal, Segment, Funnel)


def goals_of(site: Site) -> tuple[Goal, ...]:
    """The goals of a site, as reports ask for them."""
    return tuple(goal.asked for goal in site.goals)


def chosen_goal(site: Site, args: Args) -> Goal | None:
    """The goal that the arguments name, if they do. Raises BadQuery."""
    name = GOAL.of(args)
    if name is None:
        return None
    return _named("goal", name, goals_of(site))


def with_segment(site: Site, args: Args) -> Args:
    """The arguments with the filters of the segment that they name, if they do. Raises BadQuery."""
    name = SEGMENT.of(args)
    if name is None:
        return args
    found = _named("segment", name, site.segments)
    return {**args, FILTER.name: [*found.filters, *FILTER.of(args)]}


def in_segments(site: Site, query: ReportQuery, names: Sequence[str]) -> ReportQuery:
    """The query with the filters of the segments of these names as well. Raises BadQuery."""
    found = [_named("segment", name, site.segments) for name in names]
    try:
        filters = parse_filters([text for segment in found for text in segment.filters])
    except ValueError as error:
        raise BadQuery(words_of(error)) from None
    return with_goals(site, replace(query, filters=(*query.filters, *filters)))


def with_goals(site: Site, query: ReportQuery) -> ReportQuery:
    """The query with what is known of the goals that its filters name. Raises BadQuery."""
    known = goals_of(site)
    for name in [name for one in query.filters for name in one.goal_names]:
        _named("goal", name, known)
    filters = tuple(
        replace(one, goals=tuple(goal for goal in known if goal.name in one.goal_names))
        for one in query.filters
    )
    return replace(query, filters=filters)


def with_funnel(site: Site, args: Args) -> Args:
    """The arguments with the steps and window of the funnel that they name. Raises BadQuery."""
    name = FUNNEL.of(args)
    if name is None:
        return args
    found = _named("funnel", name, site.funnels)
    return {**args, STEPS.name: [], STEP.name: found.steps, WINDOW.name: [found.window]}


def _named(kind: str, name: str, there: Sequence[N]) -> N:
    """The one of that name. Raises BadQuery, which says what names there are."""
    found = next((one for one in there if one.name == name), None)
    if found is None:
        known = ", ".join(one.name for one in there)
        there_are = said("there are %(names)s", names=known) if known else said("it has none")
        raise BadQuery(
            said(
                "%(where)s: the site has none of the name %(name)s; %(known)s",
                where=kind,
                name=repr(name),
                known=there_are,
            )
        )
    return found
