"""The bar on top of every page: sites, period, comparison, filters."""

from __future__ import annotations

from typing import Any

from mallard.model import Period
from mallard.register.site import Site
from mallard.reports.comparison import PREVIOUS, YEAR, compared_period
from mallard.reports.decoding import decoded
from mallard.texts.catalogue import _
from mallard.web.dashboard.dates import period_text
from mallard.web.dashboard.page_url import PageUrl
from mallard.web.dashboard.periods import Choice, earlier, in_the_bar, in_the_menu, later
from mallard.web.dashboard.saved import menu
from mallard.web.dashboard.sites import Known
from mallard.web.dashboard.sites import in_the_menu as sites_in_the_menu
from mallard.web.state import parts


def bar(url: PageUrl, period: Period, current: int | None = None) -> dict[str, Any]:
    """What the templates of the bar need; `current` visitors are known for a site with events.

    Raises BadQuery when the compared period cannot be read.
    """
    today = parts().today(period.zone)
    compared = _compared(url, period)
    # Who was shown one site hears of no other, and of nothing that was saved.
    is_shared = url.share is not None
    sites = [url.site_id or ""] if is_shared else parts().known_sites()
    return {
        "url": url,
        "version": "" if is_shared else version_of(url.site_id or ""),
        "as_goal": None if is_shared else _as_goal(url),
        "saved": menu(url, Site() if is_shared else parts().register.of(url.site_id or "")),
        "sites": sites,
        "sites_in_the_menu": [] if is_shared else sites_in_the_menu(sites, known()),
        "period": period,
        "today": today,
        "current": current,
        "periods": in_the_bar(url),
        "more_periods": in_the_menu(url, today),
        "earlier": earlier(url, period, today),
        "later": later(url, period, today),
        "comparisons": _comparisons(url),
        "compared": compared,
        "compared_text": _compared_text(url, compared),
    }


def known() -> Known:
    """What lists of sites go by."""
    return Known(parts().register.names(), parts().register.pinned())


def _as_goal(url: PageUrl) -> Choice | None:
    """The view with the goal that is what is filtered by, where there is one."""
    if url.goal_to_make is None:
        return None
    what, value = url.goal_to_make
    for goal in parts().register.of(url.site_id or "").goals:
        is_it = decoded(goal.page) == value if what == "page" else goal.event == value
        if is_it and not goal.asked.asks_events:
            there = url.lifting(url.filters[0]).choosing(goal.name)
            return Choice("as-goal", _("Conversions of %(goal)s", goal=goal.name), there, False)
    return None


def version_of(site_id: str) -> str:
    """The version of a site's document, which whoever changes it has to name; empty for none."""
    entry = parts().register.entry(site_id)
    return entry.version if entry else ""


def _comparisons(url: PageUrl) -> list[Choice]:
    named = ((None, _("Nothing")), (PREVIOUS, _("Previous period")), (YEAR, _("A year before")))
    return [
        Choice(name or "nothing", text, url.comparing(name), url.compare == name)
        for name, text in named
    ]


def _compared_text(url: PageUrl, compared: Period | None) -> str | None:
    """What is compared with, in few words."""
    if compared is None:
        return None
    short = {PREVIOUS: _("vs previous"), YEAR: _("vs a year before")}
    return short.get(url.compare or "") or _("vs %(period)s", period=period_text(compared))


def _compared(url: PageUrl, period: Period) -> Period | None:
    return compared_period(url.args, period)
