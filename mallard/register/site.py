"""The document of a site: its parts, all optional, and what each of them may hold.

What is wrong is said as it is read, with its place; `$.goals[0]` is the first of the goals.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from urllib.parse import parse_qs

import msgspec
from msgspec import Meta

from mallard.register.checking import (
    check_alias,
    check_country,
    check_each,
    check_group,
    check_name,
    check_network,
    check_no_repeats,
    check_parameter,
    check_unique,
)
from mallard.register.part import LONGEST_NAME, Name, Part, Short
from mallard.register.told import Alert, Report
from mallard.reports import goal as reports_goal
from mallard.reports.filters import parse_filters
from mallard.reports.funnel import DEFAULT_WINDOW, window_from_args
from mallard.reports.patterns import host_pattern, page_pattern
from mallard.reports.query import ReportQuery
from mallard.reports.steps import MAX_STEPS, steps_from_args
from mallard.texts.catalogue import N_
from mallard.texts.said import said
from mallard.zones.days import check_zone

LONGEST_QUERY = 8_192
MOST_REPORTS = 20
MOST_ALERTS = 20
MOST = 100
"""Of each kind; a report of goals looks at each event for all of them."""

Texts = Annotated[tuple[Short, ...], Meta(max_length=500)]
Page = Annotated[str, Meta(min_length=1, max_length=2048)]
Pages = Annotated[tuple[Page, ...], Meta(max_length=500)]

ANY_DAY = date(2000, 1, 1)


class Exclude(Part, frozen=True):
    """Whose events, and of what, are left out before anything of them is stored.

    `*` in hosts and paths stands for any text; user agents are left out that contain one of
    these texts, in whatever case.
    """

    addresses: Annotated[Texts, Meta(description="Addresses, and networks as 203.0.113.0/24.")] = ()
    countries: Annotated[Texts, Meta(description="Two letters each, as in ISO 3166.")] = ()
    hostnames: Texts = ()
    only_hostnames: Annotated[
        Texts, Meta(description="Where there are some, all other hosts are left out.")
    ] = ()
    paths: Pages = ()
    user_agents: Texts = ()

    def __post_init__(self) -> None:
        """Raises ValueError for what cannot be matched."""
        check_each(said("addresses"), self.addresses, check_network)
        check_each(said("countries"), self.countries, check_country)
        check_each(said("hostnames"), self.hostnames, host_pattern)
        check_each(said("only_hostnames"), self.only_hostnames, host_pattern)
        check_each(said("paths"), self.paths, page_pattern)


class Paths(Part, frozen=True):
    """What is made of the paths of pages, in this order, before anything else looks at them.

    `index` drops `index.html`, `index.php` and the like. Of the query these parameters are kept, as
    part of the path. Pages that fit a pattern of `group`, in which `*` stands for any text, are one
    page, which has the pattern for its path.
    """

    index: Literal["keep", "drop"] = "keep"
    trailing_slash: Literal["keep", "drop", "add"] = "keep"
    lower_case: Annotated[bool, Meta(description="Whether all letters become small ones.")] = False
    keep_query: Annotated[tuple[Short, ...], Meta(max_length=20)] = ()
    group: Pages = ()

    def __post_init__(self) -> None:
        """Raises ValueError for what is no name of a parameter, and no pattern."""
        check_each(said("keep_query"), self.keep_query, check_parameter)
        check_each(said("group"), self.group, check_group)


class Goal(Part, frozen=True):
    """What visitors are wanted to do: an `event`, or to view a `page`; one of them.

    The page may be a pattern: `*` stands for any text. `props` are properties that the event has.
    """

    name: Name
    event: Annotated[str, Meta(max_length=256)] = ""
    page: Annotated[str, Meta(max_length=2048)] = ""
    props: Annotated[dict[Short, Annotated[str, Meta(max_length=2048)]], Meta(max_length=20)] = {}  # noqa: RUF012  # every Struct gets one of its own
    money: Annotated[bool, Meta(description="Whether it counts only with revenue.")] = False

    def __post_init__(self) -> None:
        """Raises ValueError where it names nothing that may happen, or two things."""
        check_name(self.name)
        if bool(self.event) == bool(self.page):
            raise ValueError(said("a goal needs either event or page"))
        if self.page:
            page_pattern(self.page)

    @property
    def asked(self) -> reports_goal.Goal:
        """The same as reports ask for it."""
        return reports_goal.Goal(
            self.name, self.event, self.page, tuple(self.props.items()), self.money
        )


class Segment(Part, frozen=True):
    """Filters that are asked for by a name."""

    name: Name
    filters: tuple[str, ...]

    def __post_init__(self) -> None:
        """Raises ValueError for a filter that a report would refuse."""
        check_name(self.name)
        if not self.filters:
            raise ValueError(said("a segment needs a filter"))
        parse_filters(self.filters)


class Funnel(Part, frozen=True):
    """Steps that are asked for by a name."""

    name: Name
    steps: Annotated[tuple[str, ...], Meta(max_length=MAX_STEPS)]
    window: str = DEFAULT_WINDOW

    def __post_init__(self) -> None:
        """Raises ValueError for what the report of funnels would refuse."""
        check_name(self.name)
        steps_from_args({"step": self.steps}, least=1)
        window_from_args({"window": [self.window]})


class View(Part, frozen=True):
    """What follows the question mark in the address of a view, without the site."""

    name: Name
    query: Annotated[str, Meta(max_length=LONGEST_QUERY)]

    def __post_init__(self) -> None:
        """Raises ValueError for a query that a report would refuse."""
        check_name(self.name)
        args = parse_qs(self.query, keep_blank_values=True, strict_parsing=bool(self.query))
        if "site_id" in args:
            raise ValueError(said("the query of a view names no site_id"))
        ReportQuery.from_args({**args, "site_id": ["-"]}, ANY_DAY)


KINDS = (N_("goals"), N_("segments"), N_("funnels"), N_("views"), N_("alerts"))
"""Of parts that have names."""


class Site(Part, frozen=True):
    """What is decided about a site; every part may be left out."""

    name: Annotated[
        str, Meta(max_length=LONGEST_NAME, description="What it is called on the pages.")
    ] = ""
    is_pinned: Annotated[
        bool, Meta(description="Whether it comes before all others in lists of sites.")
    ] = msgspec.field(name="pinned", default=False)
    aliases: Annotated[
        tuple[Short, ...],
        Meta(
            max_length=MOST,
            description="Other names that events may come by, in any form: old domains, ids of"
            " other products.",
        ),
    ] = ()
    timezone: Annotated[
        str,
        Meta(
            max_length=LONGEST_NAME,
            description="In which its days begin; a name of the IANA's. Without one that of the"
            " instance, which is UTC until another is set.",
        ),
    ] = ""
    exclude: Exclude = Exclude()
    paths: Paths = Paths()
    goals: Annotated[tuple[Goal, ...], Meta(max_length=MOST)] = ()
    segments: Annotated[tuple[Segment, ...], Meta(max_length=MOST)] = ()
    funnels: Annotated[tuple[Funnel, ...], Meta(max_length=MOST)] = ()
    views: Annotated[tuple[View, ...], Meta(max_length=MOST)] = ()
    reports: Annotated[tuple[Report, ...], Meta(max_length=MOST_REPORTS)] = ()
    alerts: Annotated[tuple[Alert, ...], Meta(max_length=MOST_ALERTS)] = ()

    def __post_init__(self) -> None:
        """Raises ValueError where two of a kind have one name."""
        if self.name:
            check_name(self.name)
        check_each(said("aliases"), self.aliases, check_alias)
        check_no_repeats(said("aliases"), self.aliases)
        if self.timezone:
            check_each(said("timezone"), (self.timezone,), check_zone)
        for kind in KINDS:
            check_unique(said(kind), getattr(self, kind))
        self._check_goals()

    def _check_goals(self) -> None:
        """That no segment and no alert asks for a goal that the site does not have."""
        known = {goal.name for goal in self.goals}
        for alert in self.alerts:
            if alert.goal and alert.goal not in known:
                raise ValueError(
                    said(
                        "alerts: %(name)s asks for the goal %(goal)s, which is not there",
                        name=repr(alert.name),
                        goal=repr(alert.goal),
                    )
                )
        for segment in self.segments:
            for name in [name for one in parse_filters(segment.filters) for name in one.goal_names]:
                if name not in known:
                    raise ValueError(
                        said(
                            "segments: %(name)s asks for the goal %(goal)s, which is not there",
                            name=repr(segment.name),
                            goal=repr(name),
                        )
                    )


class Past(Part, frozen=True):
    """Which aliases were sites of their own, whose events belong to this one now.

    `times` grows with each that comes to a document, or with which it goes to another one: of two
    that each say so of the other, the greater counts.
    """

    merged: tuple[str, ...] = ()
    times: int = 0
