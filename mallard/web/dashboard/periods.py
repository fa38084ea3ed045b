"""The periods that the bar offers, the ones around a period, and how it is cut into buckets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from mallard.model import Period
from mallard.reports.parameters import ALL, MONTHS, PERIOD_DAYS
from mallard.reports.query import months_on
from mallard.texts.catalogue import N_, _
from mallard.web.dashboard.page_url import PageUrl

ONE_DAY = timedelta(days=1)
IN_THE_BAR = {"today": N_("Today"), "7d": N_("7 days"), "30d": N_("30 days"), "90d": N_("90 days")}
IN_THE_MENU = {
    "yesterday": (N_("Yesterday"), "e"),
    "month": (N_("This month"), "m"),
    "last_month": (N_("Last month"), "p"),
    "year": (N_("This year"), "y"),
    "last_year": (N_("Last year"), "u"),
    "all": (N_("All time"), "a"),
}
LETTERS = {"today": "d", "7d": "w", "30d": "t", "90d": "q"}
INTERVALS = {"hour": N_("Hour"), "day": N_("Day"), "week": N_("Week"), "month": N_("Month")}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several views to choose from; `key` is the letter that chooses it."""

    name: str
    text: str
    url: PageUrl
    is_chosen: bool
    key: str | None = None


def in_the_bar(url: PageUrl) -> list[Choice]:
    """The periods that are one click away."""
    chosen = "today" if url.period == "day" else url.period
    return [
        Choice(name, _(text), url.in_period(name), name == chosen, LETTERS[name])
        for name, text in IN_THE_BAR.items()
    ]


def in_the_menu(url: PageUrl, today: date) -> list[Choice]:
    """The periods of the calendar, the running ones up to today."""
    named = [
        Choice(name.replace("_", "-"), _(text), url.in_period(name), name == url.period, key)
        for name, (text, key) in IN_THE_MENU.items()
    ]
    first = months_on(today.replace(day=1), -11)
    there = url.on_days(first.isoformat(), today.isoformat())
    year = Choice("12-months", _("Last 12 months"), there, there.when == url.when, "l")
    return [*named[:-1], year, named[-1]]


def earlier(url: PageUrl, period: Period, today: date) -> PageUrl | None:
    """The view of the period before this one; None at the beginning of the calendar.

    An empty period has none beside it, nor has all time.
    """
    if period.start == period.end or url.period == ALL:
        return None
    try:
        return _stepped(url, period, today, -1)
    except (OverflowError, ValueError):
        return None


def later(url: PageUrl, period: Period, today: date) -> PageUrl | None:
    """The view of the period after this one; None when it has not begun."""
    is_over = period.start < period.end <= today
    return _stepped(url, period, today, 1) if is_over else None


def intervals(url: PageUrl, period: Period, chosen: str) -> list[Choice]:
    """The widths of the chart's buckets that suit the period."""
    days = len(period.days)
    suits = {
        "hour": days <= 14,
        "day": 1 < days <= 800,
        "week": 14 <= days <= 4_000,
        "month": days >= 56,
    }
    return [
        Choice(name, _(text), url.by(name), name == chosen)
        for name, text in INTERVALS.items()
        if suits[name] or name == chosen
    ]


def usual_interval(period: Period) -> str:
    """How a period is cut when the address does not say."""
    days = len(period.days)
    if days <= 1:
        return "hour"
    if days <= 100:
        return "day"
    return "week" if days <= 800 else "month"


def bucket_days(bucket: str, interval: str, period: Period) -> tuple[date, date]:
    """The first and the last day that a bucket has within the period."""
    if interval == "month":
        first = date.fromisoformat(f"{bucket}-01")
        last = months_on(first, 1) - ONE_DAY
    else:
        first = date.fromisoformat(bucket[:10])
        last = first + timedelta(days=6 if interval == "week" else 0)
    return max(first, period.start), min(last, period.end - ONE_DAY)


def is_within_a_bucket(day: date, interval: str) -> bool:
    """Whether a period that begins or ends with this day's beginning cuts a bucket in two."""
    return {"week": day.weekday() > 0, "month": day.day > 1}.get(interval, False)


def _stepped(url: PageUrl, period: Period, today: date, steps: int) -> PageUrl:
    """Whole months step by months, the running one too; all else by its own number of days."""
    months = MONTHS.get(url.period, 0) if url.period else _whole_months(period, today)
    if months:
        first = months_on(period.start, steps * months)
        last = months_on(first, months) - ONE_DAY
    else:
        first = period.start + steps * (period.end - period.start)
        last = period.end + steps * (period.end - period.start) - ONE_DAY
    if first <= today:
        last = min(last, today)
    for name in IN_THE_BAR if last == today and not months else ():
        if PERIOD_DAYS[name] == (last - first).days + 1:
            return url.in_period(name)
    return url.on_days(first.isoformat(), last.isoformat())


def _whole_months(period: Period, today: date) -> int:
    """How many months a period consists of, counting the running month as whole; 0 for others.

    Also 0 for a year and a day: thirteen whole months are more than may be asked for.
    """
    ends_today = period.end == today + ONE_DAY
    if period.start.day != 1 or not (period.end.day == 1 or ends_today):
        return 0
    last = period.end - ONE_DAY
    months = 12 * (last.year - period.start.year) + last.month - period.start.month + 1
    return months if months <= 12 else 0
