"""What the dashboard's templates call: how things are written, and which panels belong together."""

from __future__ import annotations

from datetime import date

from flask import Blueprint

from mallard.model import Period
from mallard.texts.catalogue import N_, _
from mallard.texts.language import language
from mallard.web.dashboard import dates, filter_forms, wording
from mallard.web.dashboard.bar import version_of
from mallard.web.dashboard.imported import left_out_note
from mallard.web.dashboard.legible import legible
from mallard.web.dashboard.moments import choosing_url
from mallard.web.dashboard.panels import card_state, offered_tabs, tab_url
from mallard.web.dashboard.week import figure_title, hours_of_axis
from mallard.web.state import parts

SHORTCUTS = (
    (("D", "E"), N_("Today, yesterday")),
    (("W", "T", "Q"), N_("7, 30, 90 days")),
    (("M", "P"), N_("This month, last month")),
    (("Y", "U"), N_("This year, last year")),
    (("L", "A"), N_("Last 12 months, all time")),
    (("←", "→"), N_("Earlier, later")),
    (("C",), N_("Choose dates")),
    (("X",), N_("Compare")),
    (("F",), N_("Filter")),
    (("N",), N_("Annotate")),
    (("S",), N_("Switch site")),
    (("R",), N_("Right now")),
    (("/",), N_("Search a list")),
    (("⌫",), N_("Back from a list")),
    (("Esc",), N_("Close a menu")),
    (("?",), N_("This help")),
)

THEMES = (("light", N_("Light")), ("dark", N_("Dark")), ("system", N_("System")))
UNITS = {
    "second": (N_("%(number)s second"), N_("%(number)s seconds"), N_("seconds")),
    "minute": (N_("%(number)s minute"), N_("%(number)s minutes"), N_("minutes")),
    "hour": (N_("%(number)s hour"), N_("%(number)s hours"), N_("hours")),
    "day": (N_("%(number)s day"), N_("%(number)s days"), N_("days")),
    "week": (N_("%(number)s week"), N_("%(number)s weeks"), N_("weeks")),
}
KINDS_OF_STEPS = {"page": N_("page"), "event": N_("event")}
KINDS_SAVED = {"segments": N_("Segments"), "views": N_("Views"), "funnels": N_("Funnels")}

FILTERS = (
    wording.decimal,
    wording.dimension_text,
    wording.filter_text,
    wording.flag,
    wording.grouped,
    legible,
    wording.new_visitors_note,
    wording.no_return,
    wording.page_text,
    wording.pageviews,
    dates.period_text,
    wording.rate,
    wording.rotation_note,
    wording.share,
    wording.visitors,
    dates.week_text,
)


def shortcuts() -> tuple[tuple[tuple[str, ...], str], ...]:
    """Keys, and what they do: the help's rows."""
    return SHORTCUTS


def themes() -> tuple[tuple[str, str], ...]:
    """The themes, and what they are called."""
    return THEMES


def kind_title(kind: str) -> str:
    """What segments, views and funnels are called."""
    return _(KINDS_SAVED[kind])


def kind_of_step(kind: str) -> str:
    """What a step is of: a page or an event."""
    return _(KINDS_OF_STEPS[kind])


def visitor_kind(kind: str) -> str:
    """What new and returning visitors are called."""
    return _(wording.VISITOR_KINDS[kind])


def unit_title(unit: str) -> str:
    """What a unit of time is called where many of it are meant."""
    return _(UNITS[unit][2])


def window_text(number: str, unit: str) -> str:
    """A span of time, its number as typed: `1 day`, `2 weeks`."""
    one, many = UNITS[unit][:2]
    form = one if number == "1" else many
    return _(form, number=number)


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


def instance_name() -> str:
    """What the instance is called."""
    return parts().instance.name


def source_of_places() -> str:
    """What tells where visitors are: `database`, `builtin` or `none`."""
    return parts().locations.source


def register(blueprint: Blueprint) -> None:
    """Gives the templates their filters and functions."""
    for text_filter in (*FILTERS, filter_title, last_day, site_name, site_version):
        blueprint.add_app_template_filter(text_filter)
    for function in (
        card_state,
        choosing_url,
        figure_title,
        instance_name,
        kind_of_step,
        kind_title,
        language,
        left_out_note,
        hours_of_axis,
        offered_tabs,
        tab_url,
        shortcuts,
        source_of_places,
        themes,
        unit_title,
        visitor_kind,
        window_text,
    ):
        blueprint.add_app_template_global(function)
