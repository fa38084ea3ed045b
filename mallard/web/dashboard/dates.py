"""How days, hours and periods are written on the pages."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from mallard.model import Period
from mallard.texts import forms
from mallard.texts.catalogue import _

MINUS = "\N{MINUS SIGN}"


def period_text(period: Period) -> str:
    """The days of a period: `24 Oct to 22 Nov 2026`, `1 to 31 Oct 2026`."""
    if period.start == period.end:
        return _("No days")
    last = period.end - timedelta(days=1)
    if period.start == last:
        return _weekday_text(last)
    first = week_text(period.start) if period.start.year == last.year else day_text(period.start)
    if (period.start.year, period.start.month) == (last.year, last.month):
        first = _("%(day)d", day=period.start.day)
    return _("%(first)s to %(last)s", first=first, last=day_text(last))


def week_text(monday: date) -> str:
    """A week by its Monday: `16 Nov`."""
    return _("%(day)d %(month)s", day=monday.day, month=forms.short_month(monday))


def day_text(day: date) -> str:
    """A day with its year: `16 Nov 2026`."""
    month = forms.short_month(day)
    return _("%(day)d %(month)s %(year)d", day=day.day, month=month, year=day.year)


def _weekday_text(day: date) -> str:
    """A day with its weekday: `Mon 16 Nov 2026`."""
    return _("%(weekday)s %(day)s", weekday=forms.short_weekday(day), day=day_text(day))


def _month_text(name: str, day: date) -> str:
    return _("%(month)s %(year)d", month=name, year=day.year)


def bucket_text(bucket: str, interval: str) -> str:
    """A bucket's full name: `Mon 16 Nov 2026`, `Week of 16 Nov 2026`, `November 2026`."""
    moment = _beginning(bucket)
    if interval == "month":
        return _month_text(forms.month(moment), moment)
    day = _weekday_text(moment)
    if interval == "hour":
        return f"{day}, {moment:%H:%M}{_distance(moment)}"
    return _("Week of %(day)s", day=day_text(moment)) if interval == "week" else day


def slot_text(bucket: str, is_one_day: bool) -> str:
    """Its short name under the chart: `16 Nov`, `Nov 2026`, or the hour of a single day."""
    moment = _beginning(bucket)
    if len(bucket) == len("YYYY-MM"):
        return _month_text(forms.short_month(moment), moment)
    return f"{moment:%H:%M}{_distance(moment)}" if is_one_day else week_text(moment)


def _distance(moment: datetime) -> str:
    """The distance from UTC of an hour that comes twice, ` (UTC+05:30)`; nothing of others."""
    text = moment.isoformat()[len("YYYY-MM-DDTHH:MM:SS") :].replace("-", MINUS)
    return f" (UTC{text})" if text else ""


def _beginning(bucket: str) -> datetime:
    return datetime.fromisoformat(f"{bucket}-01" if len(bucket) == len("YYYY-MM") else bucket)
