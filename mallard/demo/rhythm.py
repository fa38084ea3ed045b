"""When visitors come: the hours of a day, the days of a week, growth, a surge and a holiday."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from mallard.model import EPOCH, microseconds

HOUR = 3_600_000_000
DAY = 24 * HOUR

_TUESDAY = 1
_LEAST_DAYS_FOR_OCCASIONS = 14
_SURGE_AT, _HOLIDAY_AT = 0.62, 0.33
_SURGE_ECHO = (3.4, 1.3, 0.4)
"""The surge of its day and the two after it, in ordinary days' traffic."""
_HOLIDAY_FACTOR = 0.35


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A site's habits: weights of twice 12 hours in its main time zone, and of 7 days from Monday.

    The time zone is an offset, without summer time: systems without zone files must do too.
    """

    until_noon: tuple[float, ...]
    from_noon: tuple[float, ...]
    utc_offset_hours: int
    weekdays: tuple[float, ...]
    growth: float
    """The last day's traffic over the first's."""

    def utc_hours(self) -> list[float]:
        """The weights of the 24 hours of a UTC day."""
        hours = self.until_noon + self.from_noon
        return [hours[(hour + self.utc_offset_hours) % 24] for hour in range(24)]


@dataclass(frozen=True, slots=True)
class Calendar:
    """The UTC days of a demo, the last of which ends early at `until`."""

    days: int
    until: datetime

    @property
    def first(self) -> date:
        """The first day."""
        return self.until.astimezone(UTC).date() - timedelta(days=self.days - 1)

    @property
    def end(self) -> int:
        """`until` in microseconds since 1970: no event is later."""
        return microseconds(self.until)

    def start_of(self, index: int) -> int:
        """Midnight of a day, in microseconds since 1970."""
        return (self.first + timedelta(days=index) - EPOCH.date()).days * DAY

    def open_hours(self, index: int) -> list[float]:
        """How much of each hour of a day is before `until`, from 0 to 1."""
        begun = self.end - self.start_of(index)
        return [min(1.0, max(0.0, begun / HOUR - hour)) for hour in range(24)]

    def ordinary(self, rhythm: Rhythm, index: int) -> float:
        """A day's traffic without any surge; 1 is a full average day at the beginning."""
        growth: float = rhythm.growth ** self.progress(index)
        weekday = rhythm.weekdays[(self.first + timedelta(days=index)).weekday()]
        quiet = _HOLIDAY_FACTOR if index == self._occasions().get("holiday") else 1.0
        return self._open_share(rhythm, index) * growth * weekday * quiet

    def surge(self, rhythm: Rhythm, index: int) -> float:
        """A day's additional traffic from being in the news, on the scale of `ordinary`."""
        day = index - self._occasions().get("surge", self.days)
        if not 0 <= day < len(_SURGE_ECHO):
            return 0.0
        return self._open_share(rhythm, index) * _SURGE_ECHO[day]

    def progress(self, index: int) -> float:
        """How far through the demo a day is, from 0 to 1."""
        return index / max(1, self.days - 1)

    def _open_share(self, rhythm: Rhythm, index: int) -> float:
        """The part of a day's traffic that comes before `until`."""
        weights = rhythm.utc_hours()
        opened = zip(weights, self.open_hours(index), strict=True)
        return sum(weight * share for weight, share in opened) / sum(weights)

    def _occasions(self) -> Mapping[str, int]:
        """The index of the holiday and of the surge, a Tuesday; a short demo has neither."""
        if self.days < _LEAST_DAYS_FOR_OCCASIONS:
            return {}
        surge = round(self.days * _SURGE_AT)
        surge += (_TUESDAY - (self.first + timedelta(days=surge)).weekday()) % 7
        return {"surge": min(surge, self.days - 1), "holiday": round(self.days * _HOLIDAY_AT)}
