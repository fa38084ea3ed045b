"""What a shared link shows of its site; whatever a page of it asks for goes through here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from mallard.model import Period
from mallard.register.site import Site
from mallard.reports.arguments import Args, BadQuery
from mallard.reports.filters import PLACE_COLUMNS, PROP, Filter, parse_filters
from mallard.reports.goals import GOAL
from mallard.reports.parameters import FILTER, SEGMENT, SITE, TIMEZONE
from mallard.texts.said import said

REALTIME_PANEL, ANNOTATIONS_PANEL = "realtime", "annotations"
"""What is no panel of its own, and shown only where it is named."""
OVERVIEW_PANEL, GOALS_PANEL, PROPERTIES_PANEL = "overview", "goals", "properties"
BEFORE_ALL = frozenset(("retention",))
"""Panels that tell of days before the period, which a first day would not keep out."""
EMBED, THEME, HEIGHT = "embed", "theme", "height"
THEMES = ("light", "dark")
LEAST_HEIGHT, MOST_HEIGHT = 100, 2_000


@dataclass(frozen=True, slots=True)
class Look:
    """How an embedded page looks: its theme, and the height of the chart in pixels."""

    theme: str | None = None
    height: int | None = None

    @classmethod
    def from_args(cls, args: Mapping[str, str]) -> Look | None:
        """What the arguments ask for; None where the page is not embedded. Raises BadQuery."""
        if args.get(EMBED, "") in ("", "0"):
            return None
        theme, height = args.get(THEME), args.get(HEIGHT)
        if theme is not None and theme not in THEMES:
            raise BadQuery(
                said("%(name)s must be one of %(choices)s", name=THEME, choices=", ".join(THEMES))
            )
        return cls(theme, None if height is None else _pixels(height))

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """The arguments that ask for it."""
        asked = {THEME: self.theme, HEIGHT: self.height}
        more = ((name, str(value)) for name, value in asked.items() if value is not None)
        return ((EMBED, "1"), *more)


@dataclass(frozen=True, slots=True)
class Shared:
    """What is shown, and to which filters a viewer may add others; nobody lifts those of the link.

    `dimensions` are those by which the panels filter: whoever is shown no countries may not find
    them out by asking for one after the other.
    """

    site_id: str
    panels: frozenset[str]
    dimensions: frozenset[str]
    filters: tuple[str, ...] = ()
    since: date | None = None
    look: Look | None = None
    """None unless it is embedded."""

    def shows(self, panel: str) -> bool:
        """Whether a panel is among those chosen; the overview always is."""
        is_kept_out = self.since is not None and panel in BEFORE_ALL
        return panel == OVERVIEW_PANEL or (panel in self.panels and not is_kept_out)

    def may_filter(self, dimension: str) -> bool:
        """Whether a viewer may filter by a dimension.

        Filters of pages and those of events keep the events that satisfy either, so one of the
        other kind would lift what the link keeps.
        """
        is_shown = dimension in self.dimensions or (
            dimension.startswith(PROP) and self.shows(PROPERTIES_PANEL)
        )
        kinds = {kind for one in parse_filters(self.filters) if (kind := _kind(one.dimension))}
        own = _kind(dimension)
        return is_shown and (own is None or not kinds or kinds == {own})

    def check(self, filters: tuple[Filter, ...]) -> None:
        """That a viewer may ask for these. Raises BadQuery."""
        for one in filters:
            if not self.may_filter(one.dimension):
                raise BadQuery(
                    said(
                        "filter: this shared link does not filter by %(dimension)s",
                        dimension=one.dimension,
                    )
                )

    def asked(self, args: Args) -> Args:
        """The arguments of a viewer, without those that are not for him, of the link's site."""
        kept_out = {SEGMENT.name, TIMEZONE.name}
        if not self.shows(GOALS_PANEL):
            kept_out.add(GOAL.name)
        own = {name: values for name, values in args.items() if name not in kept_out}
        return own | {SITE.name: [self.site_id]}

    def narrowed(self, args: Args) -> Args:
        """The same with the filters of the link, before those of the viewer."""
        return {**args, FILTER.name: [*self.filters, *FILTER.of(args)]}

    def fixed(self, filters: tuple[Filter, ...]) -> tuple[Filter, ...]:
        """Those of the link among the filters of a query."""
        return filters[: len(self.filters)]

    def check_goals(self, site: Site) -> None:
        """That the filters of the link can still be asked for. Raises BadQuery, naming no goal."""
        known = {goal.name for goal in site.goals}
        named = [name for one in parse_filters(self.filters) for name in one.goal_names]
        if not known.issuperset(named):
            raise BadQuery(said("this shared link asks for a goal that is no longer there"))

    def within(self, period: Period) -> Period:
        """What of a period is shown."""
        if self.since is None or period.start >= self.since:
            return period
        return replace(period, start=self.since, end=max(period.end, self.since))


def _kind(dimension: str) -> str | None:
    if dimension in PLACE_COLUMNS:
        return "place"
    return "event" if dimension == "event" or dimension.startswith(PROP) else None


def _pixels(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) < 5
    if not is_number or not LEAST_HEIGHT <= int(text) <= MOST_HEIGHT:
        raise BadQuery(
            said(
                "%(name)s must be a number from %(least)s to %(most)s",
                name=HEIGHT,
                least=LEAST_HEIGHT,
                most=MOST_HEIGHT,
            )
        )
    return int(text)
