"""All visits to one site, day by day."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from random import Random

from mallard.demo.rhythm import HOUR, Calendar
from mallard.demo.sessions import Body, walk
from mallard.demo.sites import Site, Source
from mallard.demo.visitors import Audience, Visitor
from mallard.demo.weighted import Weighted

Arrival = tuple[int, Visitor, Body]
"""An event as it arrives: microseconds since 1970, whose it is, and its body."""

_DAY_TO_DAY_SPREAD = 0.06
_DIRECT_WHEN_RETURNING = 0.6
_SECOND_VISIT_SHARE = 0.09
_SECOND_VISIT_AFTER_HOURS = (0.9, 6.0)


class Crowd:
    """The visitors of a site over the days of a calendar, the same for the same seed."""

    def __init__(self, site: Site, calendar: Calendar, seed: int):
        self.site = site
        self._calendar = calendar
        # Invented visitors must be the same ones every time.
        self._rng = Random(f"{seed} {site.domain}")  # noqa: S311  # nosec B311
        self._audience = Audience(site, self._rng)

    def daily_shares(self) -> list[float]:
        """The share that each day has of the demo's events."""
        weights = [
            (self._calendar.ordinary(self.site.rhythm, day) + self._surge(day))
            * self._rng.lognormvariate(0.0, _DAY_TO_DAY_SPREAD)
            for day in range(self._calendar.days)
        ]
        total = sum(weights)
        return [self.site.share * weight / total for weight in weights]

    def arrivals(self, day: int, count: int) -> list[Arrival]:
        """`count` events of the visits that begin on a day, visit by visit; some end after it."""
        return list(islice(self._visits(day), count))

    def _visits(self, day: int) -> Iterator[Arrival]:
        starts, sources = self._starts(day), self._sources(day)
        while True:
            visitor, source = self._visitor(sources)
            start = next(starts)
            yield from self._visit(visitor, source, start)
            if self._rng.random() < _SECOND_VISIT_SHARE:
                pause = self._rng.uniform(*_SECOND_VISIT_AFTER_HOURS) * HOUR
                yield from self._visit(visitor, self.site.direct, start + int(pause))

    def _visit(self, visitor: Visitor, source: Source, start: int) -> Iterator[Arrival]:
        """The events of a visit as far as the demo's time goes."""
        end = self._calendar.end
        for at, body in walk(self.site, visitor, source, start, self._rng):
            if at < end:
                yield at, visitor, body

    def _starts(self, day: int) -> Iterator[int]:
        """When visits of a day begin, in no order."""
        opened = self._calendar.open_hours(day)
        weights = self.site.rhythm.utc_hours()
        hours = Weighted((hour, weights[hour] * opened[hour]) for hour in range(24))
        midnight = self._calendar.start_of(day)
        while True:
            hour = hours.pick(self._rng)
            yield midnight + int((hour + self._rng.random() * opened[hour]) * HOUR)

    def _visitor(self, sources: Weighted[Source]) -> tuple[Visitor, Source]:
        source = sources.pick(self._rng)
        visitor = None if source is self.site.surge else self._audience.returning()
        if visitor is None:
            return self._audience.newcomer(), source
        returns_directly = self._rng.random() < _DIRECT_WHEN_RETURNING
        return visitor, self.site.direct if returns_directly else source

    def _sources(self, day: int) -> Weighted[Source]:
        """Where the visitors of a day come from."""
        progress = self._calendar.progress(day)
        active = [
            (source, weight)
            for source, weight in self.site.sources
            if source.active[0] <= progress <= source.active[1]
        ]
        if self.site.surge is not None:
            usual = sum(weight for _, weight in active)
            ordinary = self._calendar.ordinary(self.site.rhythm, day)
            active.append((self.site.surge, usual * self._surge(day) / ordinary))
        return Weighted(active)

    def _surge(self, day: int) -> float:
        return self._calendar.surge(self.site.rhythm, day) if self.site.surge else 0.0
