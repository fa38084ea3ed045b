"""How figures, dates and values are written on the pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache

from babel import Locale

from mallard.host_names import host_as_read
from mallard.model import Period
from mallard.reports.comparison import Number, change
from mallard.reports.decoding import decoded
from mallard.reports.filters import DID, GOAL_REACHED, PROP, UNKNOWN, Filter
from mallard.reports.retention import DAILY_IDS_NOTE
from mallard.web.dashboard.legible import legible

DIRECT = "Direct / None"
NO_VALUE, NO_PROPERTY = "Unknown", "No value"
MINUS = "\N{MINUS SIGN}"

DIMENSIONS = {
    "visitor_type": "Visitor",
    "os": "Operating system",
    "os_version": "OS version",
    "utm_source": "UTM source",
    "utm_medium": "UTM medium",
    "utm_campaign": "UTM campaign",
    "utm_content": "UTM content",
    "utm_term": "UTM term",
}
ROTATION_NOTES = {
    "daily": f"Only week 0 can be shown: {DAILY_IDS_NOTE}.",
    "weekly": "Visitor ids change every Monday, so only week 0 can be shown;"
    " visitor_id_rotation = monthly shows who returns within a month, for data to come.",
    "monthly": "Visitor ids change on the first of each month: who returns is recognized until"
    " then, and counts as new after it.",
}
NO_RETURN = {
    "daily": "Nobody can be seen to come back in a later week, because visitor ids change every"
    " day.",
    "weekly": "Nobody can be seen to come back in a later week, because visitor ids change every"
    " Monday.",
    "monthly": "Nobody has come back in a later week so far.",
}
NEW_VISITORS = {
    "daily": "Visitor ids change every day, so everybody is new, and whoever comes back on another"
    " day counts as one more.",
    "weekly": "Visitor ids change every Monday: who comes back is recognized until then, and counts"
    " as new after it.",
    "monthly": "Visitor ids change on the first of each month: who comes back is recognized until"
    " then, and counts as new after it.",
}
OPERATORS = {
    "==": "is",
    "!=": "is not",
    "~=": "contains",
    "!~": "does not contain",
    "~*": "matches",
    "!*": "does not match",
}
DEEDS = {"==": "did", "!=": "did not do"}


@dataclass(frozen=True, slots=True)
class Change:
    """How a figure has changed, in words; `is_good` is None for no change worth a colour."""

    text: str
    is_good: bool | None


def grouped(number: float) -> str:
    """`12,345`"""
    return f"{number:,}"


def decimal(number: float) -> str:
    """`2.8`"""
    return f"{number:,.1f}"


def money(amount: Decimal, currency: str | None) -> str:
    """`1,234.50 EUR`; never `-0.00`, to which an average may be rounded."""
    number = f"{round(amount, 2) + 0:,.2f}".replace("-", MINUS)
    return f"{number} {currency}" if currency else number


def change_text(now: Number, before: Number, less_is_better: bool = False) -> Change:
    """`+12%`, or with a real minus sign, or `0%`; `new` when there was nothing before."""
    fraction = 0.0 if now == before else change(now, before)
    if fraction is None:
        return Change("new", None)
    percent = round(100 * fraction)
    if percent == 0:
        return Change("0%", None)
    sign = "+" if percent > 0 else MINUS
    return Change(f"{sign}{abs(percent):,}%", (percent > 0) != less_is_better)


def points_text(now: float, before: float, less_is_better: bool = False) -> Change:
    """How a rate has changed, in percentage points: `+1.5 pp`."""
    points = round(100 * (now - before), 1) + 0.0
    if points == 0:
        return Change("0 pp", None)
    sign = "+" if points > 0 else MINUS
    number = f"{abs(points):.1f}".removesuffix(".0")
    return Change(f"{sign}{number} pp", (points > 0) != less_is_better)


def visitors(count: int) -> str:
    """`1 visitor`, `12,345 visitors`"""
    return f"{grouped(count)} visitor{'' if count == 1 else 's'}"


def share(fraction: float) -> str:
    """`42%`; `<1%` for what would round to nothing."""
    return "<1%" if 0 < fraction < 0.005 else f"{fraction:.0%}"


def rate(fraction: float) -> str:
    """`3.4%`; `<0.1%` for what would round to nothing."""
    if 0 < fraction < 0.0005:
        return "<0.1%"
    return f"{100 * fraction:.1f}".removesuffix(".0") + "%"


def duration(seconds: float) -> str:
    """`48s`, `2m 05s`, `1h 04m`"""
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}m {rest:02}s"
    return f"{minutes // 60}h {minutes % 60:02}m"


def value_text(dimension: str, value: str) -> str:
    """A dimension's value in words."""
    if value == UNKNOWN:
        if dimension.startswith(PROP):
            return NO_PROPERTY
        return DIRECT if dimension in ("source", "referrer") else NO_VALUE
    if dimension == "country":
        return countries().get(value, value)
    if dimension == "device":
        return value.capitalize()
    if dimension == "screen_size":
        return f"{value} px"
    if dimension in ("page", "entry_page", "exit_page"):
        return page_text(value)
    return legible(host_as_read(value) if dimension in ("hostname", "source") else value)


def place_text(place: str, country_code: str) -> str:
    """A region or city with its country: `London, Canada`."""
    if country_code == UNKNOWN:
        return place
    return f"{place}, {value_text('country', country_code)}"


def page_text(path: str) -> str:
    """A path as people read it."""
    return legible(decoded(path))


@cache
def countries() -> Mapping[str, str]:
    """What countries are called, by their codes: from Unicode's CLDR."""
    return Locale("en").territories


def dimension_text(dimension: str) -> str:
    """A dimension's name in words; a property goes by its own."""
    if dimension.startswith(PROP):
        return legible(dimension.removeprefix(PROP))
    return DIMENSIONS.get(dimension) or dimension.replace("_", " ").capitalize()


def filter_text(condition: Filter) -> tuple[str, str, str]:
    """A filter as subject, verb and object: `Page`, `is`, `/pricing`."""
    if condition.dimension == DID:
        deeds = map(_deed_text, condition.values)
        return "Visitor", DEEDS[condition.operator], " or ".join(deeds)
    values = (value_text(condition.dimension, value) for value in condition.values)
    return dimension_text(condition.dimension), OPERATORS[condition.operator], " or ".join(values)


def _deed_text(deed: str) -> str:
    """What a visitor did: a goal by its name, an event as one."""
    kind, _, name = deed.partition(":")
    return legible(name) if f"{kind}:" == GOAL_REACHED else f"the event {legible(name)}"


def period_text(period: Period) -> str:
    """The days of a period: `24 Oct to 22 Nov 2026`, `1 to 31 Oct 2026`."""
    if period.start == period.end:
        return "No days"
    last = period.end - timedelta(days=1)
    if period.start == last:
        return _day(last, "%a {} %b %Y")
    form = "{} %b" if period.start.year == last.year else "{} %b %Y"
    if (period.start.year, period.start.month) == (last.year, last.month):
        form = "{}"
    return f"{_day(period.start, form)} to {_day(last, '{} %b %Y')}"


def week_text(monday: date) -> str:
    """A week by its Monday: `16 Nov`."""
    return _day(monday, "{} %b")


def day_text(day: date) -> str:
    """A day with its year: `16 Nov 2026`."""
    return _day(day, "{} %b %Y")


def rotation_note(rotation: str) -> str:
    """What a setting of `visitor_id_rotation` means for retention."""
    return ROTATION_NOTES[rotation]


def new_visitors_note(rotation: str) -> str:
    """What a setting of `visitor_id_rotation` means for who is new."""
    return NEW_VISITORS[rotation]


def no_return(rotation: str) -> str:
    """Why nobody of any week was seen in a later one."""
    return NO_RETURN[rotation]


def bucket_text(bucket: str, interval: str) -> str:
    """A bucket's full name: `Mon 16 Nov 2026`, `Week of 16 Nov 2026`, `November 2026`."""
    moment = _beginning(bucket)
    if interval == "month":
        return f"{moment:%B %Y}"
    day = _day(moment, "%a {} %b %Y")
    if interval == "hour":
        return f"{day}, {moment:%H:%M}{_distance(moment)}"
    return _day(moment, "Week of {} %b %Y") if interval == "week" else day


def slot_text(bucket: str, is_one_day: bool) -> str:
    """Its short name under the chart: `16 Nov`, `Nov 2026`, or the hour of a single day."""
    moment = _beginning(bucket)
    if len(bucket) == len("YYYY-MM"):
        return f"{moment:%b %Y}"
    return f"{moment:%H:%M}{_distance(moment)}" if is_one_day else _day(moment, "{} %b")


def _distance(moment: datetime) -> str:
    """The distance from UTC of an hour that comes twice, ` (UTC+05:30)`; nothing of others."""
    text = moment.isoformat()[len("YYYY-MM-DDTHH:MM:SS") :].replace("-", MINUS)
    return f" (UTC{text})" if text else ""


def _beginning(bucket: str) -> datetime:
    return datetime.fromisoformat(f"{bucket}-01" if len(bucket) == len("YYYY-MM") else bucket)


def _day(moment: date, form: str) -> str:
    return moment.strftime(form).format(moment.day)
