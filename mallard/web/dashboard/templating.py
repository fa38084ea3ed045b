"""What the dashboard's templates call: how things are written, and which panels belong together."""

from __future__ import annotations

from datetime import date

from flask import Blueprint

from mallard.model import Period
from mallard.web.dashboard import filter_forms, wording
from mallard.web.dashboard.bar import version_of
from mallard.web.dashboard.panels import card_state, offered_tabs, tab_url
from mallard.web.state import parts

SHORTCUTS = (
    (("D", "E"), "Today, yesterday"),
    (("W", "T", "Q"), "7, 30, 90 days"),
    (("M", "P"), "This month, last month"),
    (("Y", "U"), "This year, last year"),
    (("L", "A"), "Last 12 months, all time"),
    (("←", "→"), "Earlier, later"),
    (("C",), "Choose dates"),
    (("X",), "Compare"),
    (("F",), "Filter"),
    (("S",), "Switch site"),
    (("R",), "Right now"),
    (("/",), "Search a list"),
    (("⌫",), "Back from a list"),
    (("Esc",), "Close a menu"),
    (("?",), "This help"),
)

FILTERS = (
    wording.dimension_text,
    wording.filter_text,
    wording.grouped,
    wording.new_visitors_note,
    wording.no_return,
    wording.page_text,
    wording.period_text,
    wording.rate,
    wording.rotation_note,
    wording.share,
    wording.visitors,
    wording.week_text,
)


def shortcuts() -> tuple[tuple[tuple[str, ...], str], ...]:
    """Keys, and what they do: the help's rows."""
    return SHORTCUTS


def filter_title(dimension: str) -> str:
    """What is filtered by, in words."""
    return filter_forms.title_of(dimension)


def site_version(site_id: str) -> str:
    """The version of a site's document."""
    return version_of(site_id)


def last_day(period: Period) -> date:
    """The last day of a period; its first when it is empty."""
    return period.days[-1] if period.days else period.start


def site_name(site_id: str) -> str:
    """What a site is called."""
    return parts().register.name_of(site_id)


def source_of_places() -> str:
    """What tells where visitors are: `database`, `builtin` or `none`."""
    return parts().locations.source


def register(blueprint: Blueprint) -> None:
    """Gives the templates their filters and functions."""
    for text_filter in (*FILTERS, filter_title, last_day, site_name, site_version):
        blueprint.add_app_template_filter(text_filter)
    for function in (card_state, offered_tabs, tab_url, shortcuts, source_of_places):
        blueprint.add_app_template_global(function)
