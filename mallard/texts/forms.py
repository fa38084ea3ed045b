"""How numbers, days and months are written in a language: from Unicode's CLDR."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from mallard.texts.language import ENGLISH, language


@dataclass(frozen=True, slots=True)
class Forms:
    """What a language has for numbers and the calendar; weeks begin on Monday."""

    signs: dict[int, str]
    """For the comma and the point in what Python writes."""
    percent: str
    months: tuple[str, ...]
    short_months: tuple[str, ...]
    days: tuple[str, ...]
    short_days: tuple[str, ...]


def number(text: str) -> str:
    """A number that Python has written, `1,234.5`, with the signs of the reader's language."""
    spoken = language()
    return text if spoken == ENGLISH else text.translate(forms_of(spoken).signs)


def percent(text: str) -> str:
    """The same with a percent sign."""
    spoken = language()
    return f"{text}%" if spoken == ENGLISH else forms_of(spoken).percent.format(number(text))


def month(day: date) -> str:
    """`November`"""
    return forms_of(language()).months[day.month - 1]


def short_month(day: date) -> str:
    """`Nov`"""
    return forms_of(language()).short_months[day.month - 1]


def weekday(day: date) -> str:
    """`Monday`"""
    return forms_of(language()).days[day.weekday()]


def short_weekday(day: date) -> str:
    """`Mon`"""
    return forms_of(language()).short_days[day.weekday()]


@cache
def forms_of(spoken: str) -> Forms:
    """Those of a language, taken from what Babel knows of it when they are needed first."""
    from babel import Locale

    locale = Locale.parse(spoken)
    signs = locale.number_symbols["latn"]
    months, days = locale.months, locale.days["stand-alone"]
    return Forms(
        signs={ord(","): signs["group"], ord("."): signs["decimal"]},
        percent=locale.percent_formats[None].pattern.replace("#,##0", "{}"),
        months=tuple(months["stand-alone"]["wide"][n] for n in range(1, 13)),
        short_months=tuple(months["format"]["abbreviated"][n] for n in range(1, 13)),
        days=tuple(days["wide"][n] for n in range(7)),
        short_days=tuple(days["abbreviated"][n] for n in range(7)),
    )
