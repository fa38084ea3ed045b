"""The registry of panels: what each is called, what it reports and which template shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from mallard.web.dashboard import behaviour, paths, suggestions
from mallard.web.dashboard.answers import Suggest, answered, no_suggestions
from mallard.web.dashboard.page_url import PageUrl, spelt
from mallard.web.dashboard.view import View, chart, figures, rows


@dataclass(frozen=True, slots=True)
class Panel:
    """A report's place on screen; panels of the same `card` are its tabs, the first one open."""

    name: str
    title: str
    report: Callable[[View], Any]
    template: str
    card: str
    is_wide: bool = False


def by_name(*panels: Panel) -> dict[str, Panel]:
    """Panels under their names, in their order."""
    return {panel.name: panel for panel in panels}


def _wide(name: str, title: str, filtered_by: str, card: str) -> Panel:
    report = partial(rows, dimension=name, filtered_by=filtered_by, limit=9)
    return Panel(name, title, report, "panels/_breakdown.html", card, is_wide=True)


def _narrow(name: str, title: str, filtered_by: str, card: str) -> Panel:
    report = partial(rows, dimension=name, filtered_by=filtered_by, limit=7)
    return Panel(name, title, report, "panels/_breakdown.html", card)


def _behaviour(
    name: str, title: str, report: Callable[[View], Any], suggest: Suggest = no_suggestions
) -> Panel:
    return Panel(name, title, answered(report, suggest), f"panels/_{name}.html", "sessions")


PANELS = by_name(
    Panel("figures", "Figures", figures, "panels/_figures.html", "figures"),
    Panel("chart", "Visitors and pageviews", chart, "panels/_chart.html", "chart"),
    _wide("pages", "Pages", "page", "pages"),
    _wide("hostnames", "Hostnames", "hostname", "pages"),
    _wide("events", "Events", "event", "pages"),
    _wide("sources", "Sources", "source", "sources"),
    _wide("referrers", "Referrers", "referrer", "sources"),
    _wide("utm_campaign", "Campaigns", "utm_campaign", "sources"),
    _wide("utm_medium", "Mediums", "utm_medium", "sources"),
    _narrow("browsers", "Browsers", "browser", "browsers"),
    _narrow("os", "Operating systems", "os", "os"),
    _narrow("devices", "Devices", "device", "devices"),
    _narrow("screen_sizes", "Sizes", "screen_size", "devices"),
    _narrow("countries", "Countries", "country", "countries"),
    _narrow("regions", "Regions", "region", "countries"),
    _narrow("cities", "Cities", "city", "countries"),
    _behaviour("sessions", "Sessions", behaviour.session_figures),
    _behaviour("funnel", "Funnel", paths.funnel_steps, suggestions.steps),
    _behaviour("retention", "Retention", behaviour.cohorts),
    _behaviour("sequences", "Sequences", behaviour.sequence_figures, suggestions.steps),
    _behaviour("flow", "Flow", paths.next_pages, suggestions.pages),
)


def tabs(panel: Panel) -> list[Panel]:
    """The panels that share a card with this one, itself included."""
    return [other for other in PANELS.values() if other.card == panel.card]


def tab_url(url: PageUrl, panel: Panel) -> PageUrl:
    """The address of the view with this panel's card turned to it."""
    name = None if panel.name == panel.card else panel.name
    return url.showing(name, instead_of=(tab.name for tab in tabs(panel)))


def card_state(url: PageUrl, panel: Panel) -> str:
    """The arguments of the address that belong to the behaviour card, spelt as they are there."""
    own = tuple(("tab", tab.name) for tab in tabs(panel) if tab.name in url.tabs)
    return spelt((*own, *url.questions.fields))


def open_panels(url: PageUrl) -> list[Panel]:
    """One panel of each card: the tab that the address names, else the first."""
    first = {panel.card: panel for panel in PANELS.values() if panel.name == panel.card}
    chosen = {PANELS[name].card: PANELS[name] for name in url.tabs if name in PANELS}
    return list((first | chosen).values())
