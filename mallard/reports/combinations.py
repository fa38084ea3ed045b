"""What figures by several dimensions are asked for, and what is found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from mallard.reports.filters import EVENT_COLUMNS, SESSION_DIMENSIONS
from mallard.reports.goal import Goal
from mallard.reports.known_figures import Rows
from mallard.reports.parameters import INTERVALS
from mallard.reports.where import EVERYTHING, Where

GOAL = "goal"
PLACES = ("region", "city")
"""Told with their country: rows have that as a dimension as well."""
DIMENSIONS = (*EVENT_COLUMNS, *SESSION_DIMENSIONS, GOAL, *INTERVALS)
"""What figures can be told by, beside properties, `prop:KEY`."""

OF_EVENTS = {
    "visitors": "sum(visitors)::bigint",
    "pageviews": "sum(pageviews)::bigint",
    "events": "sum(events)::bigint",
}
OF_SESSIONS = {
    "sessions": "sum(visits)::bigint",
    "bounce_rate": "coalesce(sum(bounces) / nullif(sum(judged), 0), 0)::double",
    "avg_visit_duration_secs": (
        "coalesce(sum(duration_us) / nullif(sum(timed) * 1000000, 0), 0)::double"
    ),
    "views_per_session": "coalesce(sum(views_of_visits) / nullif(sum(visits), 0), 0)::double",
}
METRICS = OF_EVENTS | OF_SESSIONS
"""Figures, and their SQL over the sums of what events and of what sessions say."""

CURRENCY = "currency"
OF_MONEY = {
    "payments": "coalesce(sum(payments), 0)::bigint",
    "amount": "coalesce(sum(amount), 0)::double",
}
"""What was paid, which is told by the dimension `currency`: amounts in several are no sum."""


@dataclass(frozen=True, slots=True)
class ByDimensions:
    """What is asked for: figures of METRICS, by dimensions, in an order.

    `where` holds for the events that count, beside the query's filters. `order` names dimensions
    and metrics, each with whether the greatest comes first; what is equal by it goes by the values.
    Each of `goals` is a value of the dimension `goal`.
    """

    dimensions: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ("visitors",)
    where: Where = EVERYTHING
    order: tuple[tuple[str, bool], ...] = ()
    limit: int = 1000
    offset: int = 0
    goals: tuple[Goal, ...] = ()
    since: datetime | None = None
    """What came before, in UTC on the first day, is left out."""

    @property
    def with_places(self) -> ByDimensions:
        """The same with the country beside a region or a city."""
        has_place = not set(PLACES).isdisjoint(self.dimensions)
        if not has_place or "country" in self.dimensions:
            return self
        return replace(self, dimensions=(*self.dimensions, "country"))


@dataclass(frozen=True, slots=True)
class Found:
    """Rows, each of its dimensions' values and its figures, and how many there are in all."""

    dimensions: tuple[str, ...]
    rows: Rows
    total: int
