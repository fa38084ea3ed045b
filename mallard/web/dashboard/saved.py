"""What of a view a site may keep by a name, as the bar offers it: segments, views and funnels."""

from __future__ import annotations

from dataclasses import dataclass

from mallard.register.site import Funnel, Site, View
from mallard.reports.funnel import DEFAULT_WINDOW
from mallard.texts.catalogue import _
from mallard.web.dashboard.page_url import HOME, PageUrl, spelt
from mallard.web.dashboard.panels import PANELS, tab_url

SEGMENTS, VIEWS, FUNNELS, GOALS = "segments", "views", "funnels", "goals"
IDS = {SEGMENTS: "segment", VIEWS: "saved-view", FUNNELS: "saved-funnel"}


@dataclass(frozen=True, slots=True)
class Saved:
    """Something with a name: the view of it, and where it is edited."""

    id: str
    name: str
    url: str
    edit: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Menu:
    """All there is, by its kind, and where more is made of the present view."""

    kinds: dict[str, list[Saved]]
    new: list[tuple[str, str]]

    @property
    def has_segments(self) -> bool:
        """Whether there are any."""
        return bool(self.kinds[SEGMENTS])


def menu(url: PageUrl, site: Site) -> Menu:
    """What the bar offers at an address of a site."""
    urls = {
        SEGMENTS: [(one.name, str(url.in_segment(one.name))) for one in site.segments],
        VIEWS: [(one.name, view_url(url, one)) for one in site.views],
        FUNNELS: [(one.name, str(funnel_url(url, one))) for one in site.funnels],
    }
    kinds = {
        kind: [
            Saved(f"{IDS[kind]}-{number}", name, there, edit_address(url, kind, name),
                  there == str(url))
            for number, (name, there) in enumerate(found, start=1)
        ]
        for kind, found in urls.items()
    }  # fmt: skip
    new = [(_("Save this view"), new_address(url, VIEWS))]
    if url.filters:
        new.insert(0, (_("Save the filters as a segment"), new_address(url, SEGMENTS)))
    return Menu(kinds, new)


def view_url(url: PageUrl, view: View) -> str:
    """The address of a view that was saved."""
    site = spelt((("site_id", url.site_id or ""),))
    return f"{url.base}{HOME}?{'&'.join(filter(None, (site, view.query)))}"


def funnel_url(url: PageUrl, funnel: Funnel) -> PageUrl:
    """The view of the same days and visitors with the funnel."""
    window = None if funnel.window == DEFAULT_WINDOW else funnel.window
    there = tab_url(url.at(HOME), PANELS["funnel"])
    return there.asking(funnel=tuple(funnel.steps), window=window, stopped=None)


def new_address(url: PageUrl, kind: str) -> str:
    """Where the present view, or a part of it, is given a name."""
    return f"{url.base}/saved/{kind}?{url.query}"


def edit_address(url: PageUrl, kind: str, name: str) -> str:
    """Where the one of this name is edited."""
    return f"{url.base}/saved/{kind}?{spelt((('was', name), *url.fields))}"


def query_to_save(url: PageUrl) -> str:
    """What a view keeps of an address."""
    return spelt(tuple(field for field in url.fields if field[0] != "site_id"))
