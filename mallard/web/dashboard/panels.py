"""The registry of panels: what each is called, what it reports and which template shows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from mallard.reports.breakdown import breakdown
from mallard.reports.columns import ENGAGEMENT
from mallard.reports.filters import PROP
from mallard.reports.together import Asked
from mallard.reports.totals import plain_totals
from mallard.texts.catalogue import N_, _
from mallard.web.dashboard import behaviour, paths, suggestions
from mallard.web.dashboard.answers import Suggest, answered, no_suggestions
from mallard.web.dashboard.flow_trees import flow_of_page
from mallard.web.dashboard.goals import reached_goals
from mallard.web.dashboard.headlines import engaged_figures
from mallard.web.dashboard.journeys import common_journeys
from mallard.web.dashboard.metrics import CHARTED, OF_GOAL, VISITORS
from mallard.web.dashboard.overview import overview
from mallard.web.dashboard.page_url import PageUrl, spelt
from mallard.web.dashboard.payments import payments
from mallard.web.dashboard.properties import property_values
from mallard.web.dashboard.rows import Row, busiest_rows
from mallard.web.dashboard.speed import speed
from mallard.web.dashboard.view import View
from mallard.web.dashboard.week import week
from mallard.web.dashboard.wording import dimension_text
from mallard.web.dashboard.world import world_map

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
    needs: Callable[[View], bool] | None = None
    """What has to be true of a view for its tab to be offered, if that depends on it."""
    of: str = ""
    """The panel whose rows it shows with other figures."""

    @property
    def text(self) -> str:
        """What it is called on the page; a property goes by the name that it has."""
        return self.title if (self.filtered_by or "").startswith(PROP) else _(self.title)


def _breakdown(card: str, name: str, title: str, filtered_by: str) -> Panel:
    report = partial(busiest_rows, dimension=name, filtered_by=filtered_by, limit=ROWS)
    return Panel(name, title, report, "panels/_breakdown.html", card, filtered_by)


def _looked_at(view: View) -> list[Row]:
    return busiest_rows(view, "pages", "page", ROWS, (ENGAGEMENT,))


def _has_goals(view: View) -> bool:
    return bool(view.site.goals)


def _is_told(view: View) -> bool:
    return engaged_figures(view, view.query) is not None


def _behaviour(
    name: str,
    title: str,
    report: Callable[[View], Any],
    suggest: Suggest = no_suggestions,
    filtered_by: str | None = None,
    needs: Callable[[View], bool] | None = None,
) -> Panel:
    template = f"panels/_{name}.html"
    return Panel(name, title, answered(report, suggest), template, BEHAVIOUR, filtered_by, needs)


def _events(view: View) -> list[Row]:
    return busiest_rows(view, "events", "event", ROWS)


OVERVIEW = Panel("overview", N_("Overview"), overview, "panels/_overview.html", "overview")
BEHAVIOUR = "events"

_ALL = (
    OVERVIEW,
    _breakdown("sources", "channels", N_("Channels"), "channel"),
    _breakdown("sources", "sources", N_("Sources"), "source"),
    _breakdown("sources", "referrers", N_("Referrers"), "referrer"),
    _breakdown("sources", "utm_campaign", N_("Campaigns"), "utm_campaign"),
    _breakdown("sources", "utm_source", N_("UTM sources"), "utm_source"),
    _breakdown("sources", "utm_medium", N_("Mediums"), "utm_medium"),
    _breakdown("sources", "utm_term", N_("Terms"), "utm_term"),
    _breakdown("sources", "utm_content", N_("Contents"), "utm_content"),
    _breakdown("pages", "pages", N_("Pages"), "page"),
    _breakdown("pages", "entry_pages", N_("Entry pages"), "entry_page"),
    _breakdown("pages", "exit_pages", N_("Exit pages"), "exit_page"),
    _breakdown("pages", "hostnames", N_("Hostnames"), "hostname"),
    Panel(
        "engagement",
        N_("Engagement"),
        _looked_at,
        "panels/_engagement.html",
        "pages",
        needs=_is_told,
        of="pages",
    ),
    _breakdown("countries", "countries", N_("Countries"), "country"),
    Panel("map", N_("Map"), world_map, "panels/_map.html", "countries"),
    _breakdown("countries", "regions", N_("Regions"), "region"),
    _breakdown("countries", "cities", N_("Cities"), "city"),
    _breakdown("browsers", "browsers", N_("Browsers"), "browser"),
    _breakdown("browsers", "browser_versions", N_("Versions"), "browser_version"),
    _breakdown("browsers", "os", N_("Systems"), "os"),
    _breakdown("browsers", "os_versions", N_("OS versions"), "os_version"),
    _breakdown("browsers", "screen_sizes", N_("Sizes"), "screen_size"),
    _breakdown("browsers", "devices", N_("Types"), "device"),
    _behaviour("events", N_("Events"), _events, filtered_by="event"),
    _behaviour("properties", N_("Properties"), property_values),
    _behaviour("goals", N_("Goals"), reached_goals, suggestions.goals, needs=_has_goals),
    _behaviour("revenue", N_("Revenue"), payments),
    _behaviour("sessions", N_("Sessions"), behaviour.session_figures),
    _behaviour("funnel", N_("Funnel"), paths.funnel_steps, suggestions.steps),
    _behaviour("retention", N_("Retention"), behaviour.cohorts),
    _behaviour("sequences", N_("Sequences"), behaviour.sequence_figures, suggestions.steps),
    _behaviour("flow", N_("Flow"), flow_of_page, suggestions.pages),
    _behaviour("journeys", N_("Journeys"), common_journeys),
    _behaviour("heatmap", N_("Heatmap"), week),
    _behaviour("vitals", N_("Speed"), speed),
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
    asked = [Asked(plain_totals, view.query)]
    if metric not in OF_GOAL:
        asked.append(Asked(metric.by_time, view.query))
    busiest = replace(view.query, limit=ROWS)
    if view.goal is None:
        asked += [Asked(breakdown, busiest, (panel.name,)) for panel in panels if panel.filtered_by]
    if view.baseline:
        asked.append(Asked(plain_totals, view.baseline))
    if view.before and metric not in OF_GOAL:
        asked.append(Asked(metric.by_time, view.before))
    return asked


def tabs(panel: Panel, url: PageUrl) -> list[Panel]:
    """The panels that share a card with this one, itself included, as far as they are shown."""
    return [one for one in PANELS.values() if one.card == panel.card and url.shows(one.name)]


def offered_tabs(panel: Panel, view: View) -> list[Panel]:
    """Those of the tabs that have something to show for a site, and the open one."""
    return [
        tab for tab in tabs(panel, view.url) if tab is panel or tab.needs is None or tab.needs(view)
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
