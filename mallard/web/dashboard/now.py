"""The realtime page: who is here, and what happened in the last half hour."""

from __future__ import annotations

from dataclasses import dataclass

from mallard.charts.bars import bar_widths
from mallard.reports.realtime import CurrentVisitors, Realtime, realtime
from mallard.web.dashboard.icons import icon_of, letter_of
from mallard.web.dashboard.page_url import PageUrl
from mallard.web.dashboard.view import View
from mallard.web.dashboard.wording import value_text


@dataclass(frozen=True, slots=True)
class MinuteBar:
    """One minute: `height` of its visitors' bar in percent, `ago` in minutes."""

    ago: int
    minute: str
    visitors: int
    pageviews: int
    height: float


@dataclass(frozen=True, slots=True)
class NowRow:
    """A page or a source of the current visitors; `url` is the site's page of this value alone."""

    text: str
    value: str
    visitors: int
    width: float
    url: PageUrl
    icon: str | None = None
    letter: str = ""


@dataclass(frozen=True, slots=True)
class Now:
    """What the realtime page shows."""

    current_visitors: int
    bars: list[MinuteBar]
    pageviews: int
    pages: list[NowRow]
    sources: list[NowRow]


def right_now(view: View) -> Now:
    """Everything of the last half hour."""
    found = _look(view)
    heights = bar_widths([minute.visitors for minute in found.minutes])
    bars = [
        MinuteBar(len(heights) - 1 - n, one.minute[11:], one.visitors, one.pageviews, height)
        for n, (one, height) in enumerate(zip(found.minutes, heights, strict=True))
    ]
    return Now(
        current_visitors=found.current_visitors,
        bars=bars,
        pageviews=sum(bar.pageviews for bar in bars),
        pages=now_rows(view, found.pages, "page"),
        sources=now_rows(view, found.sources, "source"),
    )


def current_visitors(view: View) -> int:
    """How many visitors did something in the last minutes."""
    return _look(view).current_visitors


def _look(view: View) -> Realtime:
    return view.desk.look(realtime, view.query, view.now)


def now_rows(view: View, found: list[CurrentVisitors], dimension: str) -> list[NowRow]:
    """Values of a dimension that current visitors have, written out."""
    home = view.url.at("/").in_period("today")
    widths = bar_widths([row.visitors for row in found])
    return [
        NowRow(
            text=value_text(dimension, row.value),
            value=row.value,
            visitors=row.visitors,
            width=width,
            url=home.only(dimension, row.value),
            icon=icon_of(dimension, row.value),
            letter=letter_of(dimension, row.value),
        )
        for row, width in zip(found, widths, strict=True)
    ]
