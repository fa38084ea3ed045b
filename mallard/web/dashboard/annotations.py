"""What the chart says of annotations: each at its bucket, by the clocks of the site."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from mallard.reports.timeseries import bucket_of
from mallard.web.dashboard.dates import day_text
from mallard.web.dashboard.view import View


@dataclass(frozen=True, slots=True)
class Note:
    """An annotation, written out."""

    when: str
    text: str


def notes_of(view: View) -> dict[str, list[Note]]:
    """The annotations of the period by the buckets of the chart, in order."""
    period, found = view.query.period, dict[str, list[Note]]()
    for one in view.annotations:
        moment = one.at.astimezone(UTC).replace(tzinfo=None)
        if period.begins_at <= moment < period.ends_at:
            bucket = bucket_of(moment, view.query.interval, period.zone)
            found.setdefault(bucket, []).append(Note(moment_text(one.at, period.zone), one.text))
    return found


def moment_text(moment: datetime, zone: str) -> str:
    """A moment as the clocks of a zone showed it: `16 Nov 2026, 14:05`."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{day_text(local.date())}, {local:%H:%M}"
