"""Visits invented at random, and the plain figures that any report of them must give."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import unquote

from tests.builders import NOON

HALF_AN_HOUR = timedelta(minutes=30)
PATHS = ("/", "/pricing", "/docs/a", "/caf%C3%A9")
REFERRERS = {None: None, "www.google.de": "Google", "t.co": "Twitter", "a.example": "a.example"}
BROWSERS = ("Chrome", "Firefox", "Safari")
PLACES = {"DE": ("DE-BY", "Bavaria"), "US": ("US-TX", "Texas"), "FR": ("FR-IDF", "Île-de-France")}
DEVICES = ("desktop", "mobile", "tablet")


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a product takes for one visitor."""

    number: int
    browser: str
    country: str
    device: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A page that was viewed, or an event with a name; `referrer` is a host."""

    person: Person
    at: datetime
    path: str
    referrer: str | None
    event: str | None


def invented(random: Random, number: int) -> list[Hit]:
    """Hits in the order of their times, of whole seconds, many of them in the same one."""
    people = [
        Person(n, random.choice(BROWSERS), random.choice(list(PLACES)), random.choice(DEVICES))
        for n in range(max(1, number // 4))
    ]
    at, hits = NOON - timedelta(days=3), []
    for _ in range(number):
        at += timedelta(seconds=random.choice((0, 0, 7, 600, 1800, 1801)))
        person = random.choice(people)
        referrer = random.choice(list(REFERRERS))
        event = random.choice((None, None, None, "signup"))
        hits.append(Hit(person, at, random.choice(PATHS), referrer, event))
    return hits


def figures(
    hits: Sequence[Hit], visitor: Callable[[Hit], Hashable] = lambda hit: hit.person
) -> dict[str, Any]:
    """Visitors, pageviews, and the visitors of every page, source, country and browser."""
    by: dict[str, defaultdict[Any, set[Any]]] = defaultdict(lambda: defaultdict(set))
    last: dict[Any, tuple[datetime, str | None]] = {}
    for hit in hits:
        who = visitor(hit)
        before = last.get(who)
        continues = before is not None and hit.at - before[0] <= HALF_AN_HOUR
        source = before[1] if before and continues else REFERRERS[hit.referrer]
        last[who] = (hit.at, source)
        by["sources"][source or "(unknown)"].add(who)
        by["pages"][unquote(hit.path)].add(who)
        by["countries"][hit.person.country].add(who)
        by["regions"][PLACES[hit.person.country][1]].add(who)
        by["browsers"][hit.person.browser].add(who)
        by["devices"][hit.person.device].add(who)
    return {
        "unique_visitors": len({visitor(hit) for hit in hits}),
        "total_pageviews": sum(hit.event is None for hit in hits),
        **{name: {value: len(who) for value, who in of.items()} for name, of in by.items()},
    }
