"""Headline figures as sums, which can be added, and the rates that follow from them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sums:
    """What can be added up; of imported visits not everything is known of every day.

    `views_of_visits` are the pageviews where the visits are known, `judged` the visits of which it
    is known whether they bounced, `timed` those that have a duration.
    """

    visitors: int = 0
    pageviews: int = 0
    sessions: int = 0
    views_of_visits: int = 0
    bounces: int = 0
    judged: int = 0
    duration_us: int = 0
    timed: int = 0

    @classmethod
    def of_events(
        cls, visitors: int, pageviews: int, sessions: int, bounces: int, duration_us: int
    ) -> Sums:
        """Of events all is known."""
        known = sessions
        return cls(visitors, pageviews, sessions, pageviews, bounces, known, duration_us, known)

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            self.visitors + other.visitors,
            self.pageviews + other.pageviews,
            self.sessions + other.sessions,
            self.views_of_visits + other.views_of_visits,
            self.bounces + other.bounces,
            self.judged + other.judged,
            self.duration_us + other.duration_us,
            self.timed + other.timed,
        )

    @property
    def bounce_rate(self) -> float:
        """The share of visits that bounced, of those of which that is known."""
        return ratio(self.bounces, self.judged)

    @property
    def avg_visit_duration_secs(self) -> float:
        """How long a visit took, of those of which that is known."""
        return ratio(self.duration_us, self.timed * 1_000_000)

    @property
    def views_per_session(self) -> float:
        """Pageviews for each visit, where the visits are known."""
        return ratio(self.views_of_visits, self.sessions)


def ratio(part: int, whole: int) -> float:
    """The share of `whole` that `part` is; 0.0 of nothing."""
    return part / whole if whole else 0.0


NOTHING = Sums()
