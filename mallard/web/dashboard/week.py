"""The heatmap of a week, written out for its panel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from mallard.charts.heat import HeatCell, heat_rows
from mallard.reports.arguments import Choice
from mallard.reports.heatmap import HOURS, WEEKDAYS, Heat, heatmap
from mallard.texts import forms
from mallard.texts.catalogue import N_, _
from mallard.web.dashboard.page_url import PageUrl
from mallard.web.dashboard.view import View
from mallard.web.dashboard.wording import decimal

FIGURE = Choice(
    "heat",
    "What the heatmap shows.",
    choices=("visitors", "pageviews"),
    default="visitors",
)
TITLES = {"visitors": N_("Visitors"), "pageviews": N_("Pageviews")}
A_MONDAY = date(2024, 1, 1)


@dataclass(frozen=True, slots=True)
class HourOfWeek:
    """One hour: its place in the chart, its figure in an average week, and all in a sentence."""

    cell: HeatCell
    text: str
    sentence: str


@dataclass(frozen=True, slots=True)
class DayOfWeek:
    """A weekday and its hours."""

    name: str
    short: str
    hours: list[HourOfWeek]


@dataclass(frozen=True, slots=True)
class Week:
    """All of them; `busiest` is the sentence of the fullest hour, None where there is none."""

    figure: str
    choices: list[tuple[str, PageUrl]]
    days: list[DayOfWeek]
    busiest: str | None
    greatest: str


def week(view: View) -> Week:
    """How many come in each hour of a week, on the average. Raises BadQuery."""
    figure = FIGURE.of({FIGURE.name: [view.url.questions.heat or ""]})
    found = heatmap(view.desk, view.query, view.now)
    rows = [[heat for heat in found if heat.weekday == weekday] for weekday in WEEKDAYS]
    cells = heat_rows([[_average(heat, figure) for heat in row] for row in rows])
    busiest = max(found, key=lambda heat: _average(heat, figure))
    most = _average(busiest, figure)
    return Week(
        figure=figure,
        choices=[(name, _choosing(view.url, name)) for name in FIGURE.choices],
        days=[
            DayOfWeek(*_day_names(row[0].weekday), _hours(row, of_row, figure))
            for row, of_row in zip(rows, cells, strict=True)
        ],
        busiest=_sentence(busiest, figure) if most else None,
        greatest=decimal(most),
    )


def hours_of_axis() -> list[tuple[float, str]]:
    """Where in percent of the width some hours begin, and what they are called."""
    return [(round(100 * hour / len(HOURS), 3), f"{hour}:00") for hour in HOURS if hour % 3 == 0]


def _hours(row: list[Heat], cells: list[HeatCell], figure: str) -> list[HourOfWeek]:
    return [
        HourOfWeek(cell, decimal(_average(heat, figure)), _sentence(heat, figure))
        for heat, cell in zip(row, cells, strict=True)
    ]


def _choosing(url: PageUrl, figure: str) -> PageUrl:
    return url.asking(heat=None if figure == FIGURE.default else figure)


def _average(heat: Heat, figure: str) -> float:
    total: int = getattr(heat, figure)
    return total / heat.hours if heat.hours else 0.0


def _sentence(heat: Heat, figure: str) -> str:
    """`Monday 9:00 to 10:00: 12.4 visitors`"""
    when = _(
        "%(day)s %(from)d:00 to %(to)d:00",
        **{"day": _day_names(heat.weekday)[0], "from": heat.hour, "to": heat.hour + 1},
    )
    number = decimal(_average(heat, figure))
    if figure == FIGURE.default:
        came = _("%(number)s visitors", number=number)
    else:
        views = _("pageviews")
        came = f"{number} {views}"
    return f"{when}: {came}"


def figure_title(figure: str) -> str:
    """What a figure of the heatmap is called."""
    return _(TITLES[figure])


def _day_names(weekday: int) -> tuple[str, str]:
    """The name of a weekday, from 1, and its short form."""
    day = A_MONDAY + timedelta(days=weekday - 1)
    return forms.weekday(day), forms.short_weekday(day)
