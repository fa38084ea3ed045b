"""What the page of a site says of days whose figures were imported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from mallard.reports.timeseries import bucket_of_day
from mallard.texts.catalogue import _, plural
from mallard.web.dashboard.view import View
from mallard.web.dashboard.wording import grouped

OF_EVENTS_AND_DAYS = ("events", "sessions")
"""Panels among those of behaviour whose figures add up over days."""


@dataclass(frozen=True, slots=True)
class ImportedDays:
    """The buckets of the chart with such figures, and what is to be said of them."""

    buckets: frozenset[str] = frozenset()
    note: str | None = None


def imported_in_chart(view: View) -> ImportedDays:
    """What the chart shows lighter, or leaves out and says so."""
    days = _days(view)
    if not days:
        return ImportedDays()
    if view.query.filters:
        return ImportedDays(
            note=_("Left out, since they cannot be filtered: %(days)s.", days=_counted(days))
        )
    if view.query.interval == "hour":
        return ImportedDays(
            note=_(
                "In the figures above, but not in the chart, as their hours are not known:"
                " %(days)s.",
                days=_counted(days),
            )
        )
    labels = frozenset(bucket_of_day(day, view.query.interval) for day in days)
    note = _("With %(days)s, whose visitors are added up by days.", days=_counted(days))
    return ImportedDays(labels, note)


def left_out_note(view: View, panel: str) -> str | None:
    """What a panel says whose report cannot be answered by sums of days; None where it can."""
    if panel in OF_EVENTS_AND_DAYS and not view.query.filters:
        return None
    days = _days(view)
    if not days:
        return None
    return _("Left out, since they cannot tell this: %(days)s.", days=_counted(days))


def _days(view: View) -> Sequence[date]:
    return view.desk.imported_days(replace(view.query, filters=()))


def _counted(days: Sequence[date]) -> str:
    return plural(
        "imported figures of %(number)s day",
        "imported figures of %(number)s days",
        len(days),
        number=grouped(len(days)),
    )
