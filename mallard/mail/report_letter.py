"""A report as a mail: its figures in words, as HTML that looks like the pages, and as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jinja2

from mallard.charts.axis import nice_ceiling
from mallard.mail.figures import Figures
from mallard.mail.letters import Letter
from mallard.reports.totals import Totals
from mallard.texts.catalogue import N_, _
from mallard.texts.language import language
from mallard.texts.templates import mark
from mallard.web.dashboard.dates import bucket_text, period_text
from mallard.web.dashboard.wording import (
    Change,
    change_text,
    decimal,
    duration,
    grouped,
    points_text,
    rate,
    share,
    value_text,
)

TEMPLATES = Path(__file__).parent.parent / "templates"
TALLEST_PX = 72
WIDEST_PX = 24
FIGURES = (
    (N_("Unique visitors"), "unique_visitors", grouped),
    (N_("Total pageviews"), "total_pageviews", grouped),
    (N_("Sessions"), "sessions", grouped),
    (N_("Views per session"), "views_per_session", decimal),
    (N_("Bounce rate"), "bounce_rate", share),
    (N_("Visit duration"), "avg_visit_duration_secs", duration),
)


@dataclass(frozen=True, slots=True)
class Told:
    """One figure, and how it has changed."""

    title: str
    text: str
    change: Change | None


@dataclass(frozen=True, slots=True)
class Bar:
    """A day of the chart."""

    name: str
    visitors: int
    height: int


@dataclass(frozen=True, slots=True)
class Where:
    """Addresses that the mail leads to; empty where none is known."""

    base: str
    unsubscribe: str


def report_letter(to: str, site_name: str, every: str, figures: Figures, where: Where) -> Letter:
    """The mail to one recipient."""
    period = figures.query.period
    shown: dict[str, Any] = {
        "site": site_name,
        "every": every,
        "days": period_text(period),
        "zone": period.zone,
        "figures": _told(figures),
        "bars": _bars(figures),
        "lists": [
            (_(title), [(value_text(kind, row.value), row.visitors, "") for row in rows])
            for kind, title, rows in figures.lists
        ],
        "goals": [
            (row.goal, row.visitors, f"({rate(row.conversion_rate)})") for row in figures.goals
        ],
        "is_empty": not figures.totals.unique_visitors,
        "dashboard": _dashboard(figures, where.base),
        "unsubscribe": where.unsubscribe,
    }
    return Letter(
        to=to,
        subject=f"{site_name}: {period_text(period)}",
        text=_template("report.txt").render(shown),
        html=_template("report.html").render(shown),
        headers=_headers(where.unsubscribe),
    )


def _headers(unsubscribe: str) -> dict[str, str]:
    """Those of RFC 8058, by which a mail program ends it with one click."""
    if not unsubscribe:
        return {}
    return {
        "List-Unsubscribe": f"<{unsubscribe}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _told(figures: Figures) -> list[Told]:
    return [
        Told(title, text(getattr(figures.totals, name)), _change(figures, name))
        for title, name, text in FIGURES
    ]


def _change(figures: Figures, name: str) -> Change | None:
    before: Totals | None = figures.before
    if before is None:
        return None
    is_rate = name == "bounce_rate"
    in_words = points_text if is_rate else change_text
    return in_words(getattr(figures.totals, name), getattr(before, name), is_rate)


def _bars(figures: Figures) -> Sequence[Bar]:
    most = nice_ceiling(max((day.visitors for day in figures.days), default=0) or 1)
    return [
        Bar(bucket_text(day.date, "day"), day.visitors, round(TALLEST_PX * day.visitors / most))
        for day in figures.days
    ]


def _dashboard(figures: Figures, base: str) -> str:
    if not base:
        return ""
    period = figures.query.period
    dates = {"start_date": str(period.start), "end_date": str(period.end)}
    return f"{base}/?{urlencode({'site_id': figures.query.site_id, **dates})}"


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES / "mail"),
        autoescape=jinja2.select_autoescape(("html",)),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    mark(environment)
    environment.filters["grouped"] = grouped
    environment.globals["language"] = language
    return environment


def _template(name: str) -> jinja2.Template:
    return _environment().get_template(name)
