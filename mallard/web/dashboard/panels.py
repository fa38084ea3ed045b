"""The registry of panels: what each is called, what it reports and which template shows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from mallard.reports.breakdown import breakdown
from mallard.reports.filters import PROP
from mallard.reports.together import Asked
from mallard.reports.totals import totals
from mallard.web.dashboard import behaviour, paths, suggestions
from mallard.web.dashboard.answers import Suggest, answered, no_suggestions
from mallard.web.dashboard.goals import reached_goals
from mallard.web.dashboard.metrics import CHARTED, OF_GOAL, VISITORS
from mallard.web.dashboard.overview import overview
from mallard.web.dashboard.page_url import PageUrl, spelt
from mallard.web.dashboard.payments import payments
from mallard.web.dashboard.properties import property_values
from mallard.web.dashboard.rows import Row, busiest_rows
from mallard.web.dashboard.view import View
from mallard.web.dashboard.wording import dimension_text

ROWS = 9


@dataclass(frozen=True, slots=True)
class Panel:
    """A report's place on screen; panels of the same `card` are its tabs, the first one open.

    A breakdown's rows are `filtered_by` a dimension of the filters; other panels have none.
    """

    name: str
    title: str
    report: Callable[[View], Any]
    template: str
    card: str
    filtered_by: str | None = None
    needs: str = ""
    """The part of a site's document without which its tab is not offered."""


def _breakdown(card: str, name: str, title: str, filtered_by: str) -> Panel:
    report = partial(busiest_rows, dimension=name, filtered_by=filtered_by, limit=ROWS)
    return Panel(name, title, report, "panels/_breakdown.html", card, filtered_by)


def _behaviour(
    name: str,
    title: str,
    report: Callable[[View], Any],
    suggest: Suggest = no_suggestions,
    filtered_by: str | None = None,
    needs: str = "",
) -> Panel:
    template = f"panels/_{name}.html"
    return Panel(name, title, answered(report, suggest), template, BEHAVIOUR, filtered_by, needs)


def _events(view: View) -> list[Row]:
    return busiest_rows(view, "events", "event", ROWS)


OVERVIEW = Panel("overview", "Overview", overview, "panels/_overview.html", "overview")
BEHAVIOUR = "events"

_ALL = (
    OVERVIEW,
    _breakdown("sources", "channels", "Channels", "channel"),
    _breakdown("sources", "sources", "Sources", "source"),
    _breakdown("sources", "referrers", "Referrers", "referrer"),
    _breakdown("sources", "utm_campaign", "Campaigns", "utm_campaign"),
    _breakdown("sources", "utm_source", "UTM sources", "utm_source"),
    _breakdown("sources", "utm_medium", "Mediums", "utm_medium"),
    _breakdown("sources", "utm_term", "Terms", "utm_term"),
    _breakdown("sources", "utm_content", "Contents", "utm_content"),
    _breakdown("pages", "pages", "Pages", "page"),
    _breakdown("pages", "entry_pages", "Entry pages", "entry_page"),
    _breakdown("pages", "exit_pages", "Exit pages", "exit_page"),
    _breakdown("pages", "hostnames", "Hostnames", "hostname"),
    _breakdown("countries", "countries", "Countries", "country"),
    _breakdown("countries", "regions", "Regions", "region"),
    _breakdown("countries", "cities", "Cities", "city"),
    _breakdown("browsers", "browsers", "Browsers", "browser"),
    _breakdown("browsers", "browser_versions", "Versions", "browser_version"),
    _breakdown("browsers", "os", "Systems", "os"),
    _breakdown("browsers", "os_versions", "OS versions", "os_version"),
    _breakdown("browsers", "screen_sizes", "Sizes", "screen_size"),
    _breakdown("browsers", "devices", "Types", "device"),
    _behaviour("events", "Events", _events, filtered_by="event"),
    _behaviour("properties", "Properties", property_values),
    _behaviour("goals", "Goals", reached_goals, suggestions.goals, needs="goals"),
    _behaviour("revenue", "Revenue", payments),
    _behaviour("sessions", "Sessions", behaviour.session_figures),
    _behaviour("funnel", "Funnel", paths.funnel_steps, suggestions.steps),
    _behaviour("retention", "Retention", behaviour.cohorts),
    _behaviour("sequences", "Sequences", behaviour.sequence_figures, suggestions.steps),
    _behaviour("flow", "Flow", paths.next_pages, suggestions.pages),
)
PROPERTIES = "properties"
PANELS = {panel.name: panel for panel in _ALL}


def of_property(panel: Panel, key: str) -> Panel:
    """The panel of properties as that of one of them, which goes by the name of a breakdown."""
    name = f"{PROP}{key}"
    return replace(panel, name=name, title=dimension_text(name), filtered_by=name)


def questions_of(view: View, panels: Sequence[Panel]) -> list[Asked]:
    """What panels will ask, as far as it is known beforehand; of the compared period, too."""
    metric = CHARTED.get(view.url.metric or VISITORS.name, VISITORS)
    asked = [Asked(totals, view.query)]
    if metric not in OF_GOAL:
        asked.append(Asked(metric.by_time, view.query))
    busiest = replace(view.query, limit=ROWS)
    if view.goal is None:
        asked += [Asked(breakdown, busiest, (panel.name,)) for panel in panels if panel.filtered_by]
    if view.baseline:
        asked.append(Asked(totals, view.baseline))
    if view.before and metric not in OF_GOAL:
        asked.append(Asked(metric.by_time, view.before))
    return asked


def tabs(panel: Panel, url: PageUrl) -> list[Panel]:
    """The panels that share a card with this one, itself included, as far as they are shown."""
    return [one for one in PANELS.values() if one.card == panel.card and url.shows(one.name)]


def offered_tabs(panel: Panel, view: View) -> list[Panel]:
    """Those of the tabs that have something to show for a site, and the open one."""
    return [
        tab
        for tab in tabs(panel, view.url)
        if not tab.needs or getattr(view.site, tab.needs) or tab is panel
    ]


def tab_url(url: PageUrl, panel: Panel) -> PageUrl:
    """The address of the view with this panel's card turned to it."""
    names = [tab.name for tab in tabs(panel, url)]
    return url.showing(None if panel.name == names[0] else panel.name, instead_of=names)


def card_state(url: PageUrl, panel: Panel) -> str:
    """The arguments of the address that belong to the behaviour card, spelt as they are there."""
    own = tuple(("tab", tab.name) for tab in tabs(panel, url) if tab.name in url.tabs)
    return spelt((*own, *url.questions.fields))


def open_panels(url: PageUrl) -> list[Panel]:
    """One panel of each card: the tab that the address names, else the first that is shown."""
    shown = {name: panel for name, panel in PANELS.items() if url.shows(name)}
    first = {panel.card: tabs(panel, url)[0] for panel in shown.values()}
    chosen = {shown[name].card: shown[name] for name in url.tabs if name in shown}
    return list((first | chosen).values())
