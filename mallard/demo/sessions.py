"""One visit: a walk through a site's pages, as the bodies that the tracker would post."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from mallard.demo.sites import Goal, Kind, Site, Source
from mallard.demo.visitors import Visitor
from mallard.model import PAGEVIEW

Body = dict[str, Any]
"""The JSON object that is posted to /api/event."""

_SECOND = 1_000_000
_STAY_SPREAD = 0.85
_SHORTEST_STAY_SECS, _LONGEST_STAY_SECS = 2.0, 1_500.0


def walk(
    site: Site, visitor: Visitor, source: Source, start: int, rng: Random
) -> Iterator[tuple[int, Body]]:
    """The events of a visit from `source`, each with its time in microseconds since 1970."""
    kind = site.kinds[source.lands.pick(rng)]
    path = kind.pages.pick(rng)
    url, referrer = _landing(site, visitor, source, path)
    at, leaves = start, kind.bounces
    reached: set[str] = set()
    while True:
        yield at, _body(site, visitor, PAGEVIEW, url, referrer)
        stay = _stay(kind, rng)
        goal = _goal_reached(kind, reached, rng)
        if goal is not None:
            reached.add(goal.name)
            yield at + int(stay * rng.uniform(0.3, 0.9)), _goal_body(site, visitor, goal, url, rng)
        following = _following(goal, kind, leaves, rng)
        if following is None:
            return
        kind = site.kinds[following]
        path = _another_page(kind, path, rng)
        url, referrer = f"https://{site.domain}{path}", url
        at, leaves = at + stay, kind.leaves


def _landing(site: Site, visitor: Visitor, source: Source, path: str) -> tuple[str, str | None]:
    """The URL that a visit begins with, and its referrer."""
    url = f"https://{site.domain}{path}"
    if source.query:
        url = f"{url}?{source.query}"
    if source.referrer is None:
        return url, None
    return url, source.referrer.replace("{google}", visitor.country.google)


def _stay(kind: Kind, rng: Random) -> int:
    """How long somebody stays on a page, in microseconds; always too short to end a session."""
    secs = kind.stay_secs * rng.lognormvariate(0.0, _STAY_SPREAD)
    return int(min(max(secs, _SHORTEST_STAY_SECS), _LONGEST_STAY_SECS) * _SECOND)


def _goal_reached(kind: Kind, reached: set[str], rng: Random) -> Goal | None:
    """The goal that a visitor of such a page reaches, if any; each once in a visit."""
    for goal in kind.goals:
        if rng.random() < goal.chance and goal.name not in reached:
            return goal
    return None


def _following(goal: Goal | None, kind: Kind, leaves: float, rng: Random) -> str | None:
    """The kind of the next page; None when the visit ends here."""
    if goal is not None and goal.leads_to is not None:
        return goal.leads_to
    return None if rng.random() < leaves else kind.moves.pick(rng)


def _another_page(kind: Kind, path: str, rng: Random) -> str:
    """A page of a kind, hardly ever the one just seen."""
    page = kind.pages.pick(rng)
    return page if page != path else kind.pages.pick(rng)


def _body(site: Site, visitor: Visitor, name: str, url: str, referrer: str | None) -> Body:
    body: Body = {"d": site.domain, "n": name, "u": url, "w": visitor.browser.width}
    if referrer is not None:
        body["r"] = referrer
    return body


def _goal_body(site: Site, visitor: Visitor, goal: Goal, url: str, rng: Random) -> Body:
    body = _body(site, visitor, goal.name, url, None)
    detail = goal.details.pick(rng)
    if detail.props is not None:
        body["p"] = detail.props
    if detail.price is not None:
        body["ra"], body["rc"] = detail.price, visitor.country.currency
    return body
