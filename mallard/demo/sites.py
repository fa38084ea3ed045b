"""The parts a demo site is described with: kinds of pages, goals, sources, and the site itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mallard.demo.rhythm import Rhythm
from mallard.demo.weighted import Weighted


@dataclass(frozen=True, slots=True)
class Detail:
    """What comes with a goal's event: properties as JSON, and a price in the buyer's currency."""

    props: str | None = None
    price: float | None = None


@dataclass(frozen=True, slots=True)
class Goal:
    """A custom event that some visitors of a page send, and the kind of page it leads to."""

    name: str
    chance: float
    details: Weighted[Detail] = field(default_factory=lambda: Weighted([(Detail(), 1)]))
    leads_to: str | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """Pages that visitors treat alike.

    `bounces` is the share of those landing here who see nothing else, `leaves` the share of the
    others who go no further, `stay_secs` the median time on a page, `moves` the kind that follows.
    """

    pages: Weighted[str]
    bounces: float
    leaves: float
    stay_secs: float
    moves: Weighted[str]
    goals: tuple[Goal, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Where visitors come from, and the kinds of page they land on.

    `query` tags the landing URL; `active` is the part of the whole time in which the source
    sends anybody, from 0 to 1.
    """

    referrer: str | None
    lands: Weighted[str]
    query: str = ""
    active: tuple[float, float] = (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Site:
    """A demo site: its pages and how people find and use them."""

    domain: str
    share: float
    rhythm: Rhythm
    kinds: Mapping[str, Kind]
    direct: Source
    """How most of those come who have been here before."""
    sources: tuple[tuple[Source, float], ...]
    surge: Source | None = None
    favours: Mapping[str, float] = field(default_factory=dict)
    """Countries that are drawn to the site more than their share, and how many times more."""
