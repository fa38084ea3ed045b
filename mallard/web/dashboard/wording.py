"""How figures and values are written on the pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from mallard.host_names import host_as_read
from mallard.reports.comparison import Number, change
from mallard.reports.decoding import decoded
from mallard.reports.filters import DID, GOAL_REACHED, PROP, UNKNOWN, Filter
from mallard.reports.retention import DAILY_IDS_NOTE
from mallard.texts import forms
from mallard.texts.catalogue import N_, _, plural
from mallard.texts.forms import number
from mallard.web.dashboard.language import names_of_countries, readers_language
from mallard.web.dashboard.legible import legible

DIRECT = N_("Direct / None")
NO_VALUE, NO_PROPERTY = N_("Unknown"), N_("No value")
CHANNELS = (
    *(N_("Direct"), N_("Cross-network"), N_("AI"), N_("Shopping"), N_("Paid Search")),
    *(N_("Paid Social"), N_("Video"), N_("Display"), N_("Email"), N_("Affiliates")),
    *(N_("Organic Social"), N_("Organic Search"), N_("Referral")),
)
"""Those of `reports.channels`, to be told in other languages, too."""
MINUS = "\N{MINUS SIGN}"
FIRST_LETTER_OF_FLAGS = ord("\N{REGIONAL INDICATOR SYMBOL LETTER A}")

DIMENSIONS = {
    "browser": N_("Browser"),
    "browser_version": N_("Browser version"),
    "channel": N_("Channel"),
    "city": N_("City"),
    "country": N_("Country"),
    "device": N_("Device"),
    "entry_page": N_("Entry page"),
    "event": N_("Event"),
    "exit_page": N_("Exit page"),
    "hostname": N_("Hostname"),
    "os": N_("Operating system"),
    "os_version": N_("OS version"),
    "page": N_("Page"),
    "referrer": N_("Referrer"),
    "region": N_("Region"),
    "screen_size": N_("Screen size"),
    "source": N_("Source"),
    "utm_campaign": N_("UTM campaign"),
    "utm_content": N_("UTM content"),
    "utm_medium": N_("UTM medium"),
    "utm_source": N_("UTM source"),
    "utm_term": N_("UTM term"),
    "visitor_type": N_("Visitor"),
}
ROTATION_NOTES = {
    "weekly": N_(
        "Visitor ids change every Monday, so only week 0 can be shown;"
        " visitor_id_rotation = monthly shows who returns within a month, for data to come."
    ),
    "monthly": N_(
        "Visitor ids change on the first of each month: who returns is recognized until"
        " then, and counts as new after it."
    ),
}
NO_RETURN = {
    "daily": N_(
        "Nobody can be seen to come back in a later week, because visitor ids change every day."
    ),
    "weekly": N_(
        "Nobody can be seen to come back in a later week, because visitor ids change every Monday."
    ),
    "monthly": N_("Nobody has come back in a later week so far."),
}
NEW_VISITORS = {
    "daily": N_(
        "Visitor ids change every day, so everybody is new, and anyone who comes back on another"
        " day counts as one more."
    ),
    "weekly": N_(
        "Visitor ids change every Monday: who comes back is recognized until then, and counts"
        " as new after it."
    ),
    "monthly": N_(
        "Visitor ids change on the first of each month: who comes back is recognized until"
        " then, and counts as new after it."
    ),
}
OPERATORS = {
    "==": N_("is"),
    "!=": N_("is not"),
    "~=": N_("contains"),
    "!~": N_("does not contain"),
    "~*": N_("matches"),
    "!*": N_("does not match"),
}
DEEDS = {"==": N_("did"), "!=": N_("did not do")}
DEVICES = (N_("Desktop"), N_("Mobile"), N_("Tablet"))
VISITOR_KINDS = {"new": N_("new"), "returning": N_("returning")}


@dataclass(frozen=True, slots=True)
class Change:
    """How a figure has changed, in words; `is_good` is None for no change worth a colour."""

    text: str
    is_good: bool | None


def grouped(count: float) -> str:
    """`12,345`"""
    return number(f"{count:,}")


def decimal(figure: float) -> str:
    """`2.8`"""
    return number(f"{figure:,.1f}")


def money(amount: Decimal, currency: str | None) -> str:
    """`1,234.50 EUR`; never `-0.00`, to which an average may be rounded."""
    text = number(f"{round(amount, 2) + 0:,.2f}").replace("-", MINUS)
    return f"{text} {currency}" if currency else text


def change_text(now: Number, before: Number, less_is_better: bool = False) -> Change:
    """`+12%`, or with a real minus sign, or `0%`; `new` when there was nothing before."""
    fraction = 0.0 if now == before else change(now, before)
    if fraction is None:
        return Change(_("new"), None)
    percent = round(100 * fraction)
    if percent == 0:
        return Change(forms.percent("0"), None)
    sign = "+" if percent > 0 else MINUS
    return Change(sign + forms.percent(f"{abs(percent):,}"), (percent > 0) != less_is_better)


def points_text(now: float, before: float, less_is_better: bool = False) -> Change:
    """How a rate has changed, in percentage points: `+1.5 pp`."""
    points = round(100 * (now - before), 1) + 0.0
    if points == 0:
        return Change(_("%(number)s pp", number="0"), None)
    sign = "+" if points > 0 else MINUS
    text = sign + number(f"{abs(points):.1f}".removesuffix(".0"))
    return Change(_("%(number)s pp", number=text), (points > 0) != less_is_better)


def visitors(count: int) -> str:
    """`1 visitor`, `12,345 visitors`"""
    return plural("%(number)s visitor", "%(number)s visitors", count, number=grouped(count))


def pageviews(count: int) -> str:
    """`12,345 pageviews`; English says so of one, too, other languages need not."""
    return plural("%(number)s pageviews", "%(number)s pageviews", count, number=grouped(count))


def share(fraction: float) -> str:
    """`42%`; `<1%` for what would round to nothing."""
    return forms.percent("<1" if 0 < fraction < 0.005 else f"{100 * fraction:.0f}")


def rate(fraction: float) -> str:
    """`3.4%`; `<0.1%` for what would round to nothing."""
    if 0 < fraction < 0.0005:
        return forms.percent("<0.1")
    return forms.percent(f"{100 * fraction:.1f}".removesuffix(".0"))


def percent(figure: float) -> str:
    """`42%` of 42."""
    return share(figure / 100)


def duration(seconds: float) -> str:
    """`48s`, `2m 05s`, `1h 04m`"""
    whole = round(seconds)
    if whole < 60:
        return _("%(seconds)ds", seconds=whole)
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return _("%(minutes)dm %(seconds)02ds", minutes=minutes, seconds=rest)
    return _("%(hours)dh %(minutes)02dm", hours=minutes // 60, minutes=minutes % 60)


def value_text(dimension: str, value: str) -> str:
    """A dimension's value in words."""
    if value == UNKNOWN:
        if dimension.startswith(PROP):
            return _(NO_PROPERTY)
        return _(DIRECT if dimension in ("source", "referrer") else NO_VALUE)
    if dimension == "country":
        return countries().get(value, value)
    if dimension == "device":
        return _(value.capitalize())
    if dimension == "channel":
        return _(value)
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


def countries() -> Mapping[str, str]:
    """What countries are called in the reader's language, by their codes."""
    return names_of_countries(readers_language())


def flag(country_code: str) -> str:
    """The flag of a country, as two letters that systems with flags draw as one; empty for none."""
    is_code = len(country_code) == 2 and country_code.isascii() and country_code.isupper()
    if not is_code or country_code not in countries():
        return ""
    return "".join(chr(ord(letter) - ord("A") + FIRST_LETTER_OF_FLAGS) for letter in country_code)


def dimension_text(dimension: str) -> str:
    """A dimension's name in words; a property goes by its own."""
    if dimension.startswith(PROP):
        return legible(dimension.removeprefix(PROP))
    return _(DIMENSIONS.get(dimension, dimension))


def filter_text(condition: Filter) -> tuple[str, str, str]:
    """A filter as subject, verb and object: `Page`, `is`, `/pricing`."""
    if condition.dimension == DID:
        deeds = map(_deed_text, condition.values)
        return _("Visitor"), _(DEEDS[condition.operator]), _or(deeds)
    values = (value_text(condition.dimension, value) for value in condition.values)
    return dimension_text(condition.dimension), _(OPERATORS[condition.operator]), _or(values)


def _or(values: Iterable[str]) -> str:
    between = _("or")
    return f" {between} ".join(values)


def _deed_text(deed: str) -> str:
    """What a visitor did: a goal by its name, an event as one."""
    kind, colon, name = deed.partition(":")
    if kind + colon == GOAL_REACHED:
        return legible(name)
    return _("the event %(name)s", name=legible(name))


def rotation_note(rotation: str) -> str:
    """What a setting of `visitor_id_rotation` means for retention."""
    if rotation == "daily":
        return _("Only week 0 can be shown: %(why)s.", why=_(DAILY_IDS_NOTE))
    return _(ROTATION_NOTES[rotation])


def new_visitors_note(rotation: str) -> str:
    """What a setting of `visitor_id_rotation` means for who is new."""
    return _(NEW_VISITORS[rotation])


def no_return(rotation: str) -> str:
    """Why nobody of any week was seen in a later one."""
    return _(NO_RETURN[rotation])
