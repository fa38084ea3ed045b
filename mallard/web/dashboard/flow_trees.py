"""The flow of a page: its next pages in a list, or its ways on or back as a tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mallard.charts.tree import Drawing, Twig, drawn
from mallard.reports.flow_tree import DEPTH, DIRECTION, FlowBranch, flow_tree, tree_asked_for
from mallard.reports.funnel import Lost
from mallard.reports.steps import Step
from mallard.texts.catalogue import _
from mallard.web.dashboard.page_url import PageUrl
from mallard.web.dashboard.paths import Flow, lost_asked, next_pages, page_asked
from mallard.web.dashboard.questions import Questions
from mallard.web.dashboard.view import View
from mallard.web.dashboard.wording import grouped, page_text, visitors

BRANCHES = {1: (10,), 2: (6, 3), 3: (5, 2, 1)}
"""How many branches of a page are drawn, by the depth of the tree and how far from its root."""
WIDTHS = {1: 560, 2: 760, 3: 824}
"""Pixels of a tree by its depth."""
CHARACTERS = {1: 26, 2: 24, 3: 17}
"""How many of them a box has room for."""


Way = tuple[str, ...]
"""The pages of a branch, from the root on."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """What stands in a box: a page, or what became of those who are on none that is shown.

    `url` is the flow of the page; of those who left, the view of those who left from there.
    `is_elsewhere` tells that this is another view than a flow.
    """

    text: str
    short: str
    count: str
    sentence: str
    url: PageUrl | None = None
    is_elsewhere: bool = False
    kind: str = "page"


@dataclass(frozen=True, slots=True)
class FlowTree:
    """The tree of a page; `missed` is the step that its visitors did not reach."""

    page: str
    visitors: int
    is_backward: bool
    drawing: Drawing[Leaf]
    missed: Step | None = None


def flow_of_page(view: View) -> Flow | FlowTree | None:
    """The list, or the tree where the address asks for more than the next page. Raises BadQuery."""
    asked = view.url.questions
    tree = tree_asked_for(
        {DIRECTION.name: [asked.direction or ""], DEPTH.name: [asked.depth or ""]}
    )
    page = page_asked(view)
    if tree is None or page is None:
        return next_pages(view)
    direction, depth = tree
    lost = lost_asked(asked)
    found = view.desk.ask(flow_tree, view.query, page, direction, depth, lost)
    is_backward = direction != Questions.FORWARD
    earlier = None
    if view.before:
        earlier = _Earlier(view.desk.ask(flow_tree, view.before, page, direction, depth, lost))
    root = _Sap(view.url, depth, is_backward, earlier).twig(found)
    drawing = drawn(root, depth + 1, WIDTHS[depth], is_backward)
    return FlowTree(found.page, found.visitors, is_backward, drawing, _missed(lost))


def _missed(lost: Lost | None) -> Step | None:
    return lost.steps[lost.number] if lost else None


class _Earlier:
    """How many went the same ways in the compared period, as far as its tree tells it."""

    def __init__(self, root: FlowBranch) -> None:
        self._branches = dict(_ways(root, ()))

    def visitors(self, way: Way) -> int | None:
        """Those who went this way; None where they are among others."""
        if way in self._branches:
            return self._branches[way].visitors
        parent = self._branches.get(way[:-1])
        if parent is None:
            return self.visitors(way[:-1])
        return None if parent.others else 0

    def outside(self, way: Way) -> int | None:
        """Those of them who went no further; None where that is not told."""
        return self._branches[way].outside if way in self._branches else self.visitors(way)


def _ways(branch: FlowBranch, before: Way) -> Iterator[tuple[Way, FlowBranch]]:
    way = (*before, branch.page)
    yield way, branch
    for one in branch.branches:
        yield from _ways(one, way)


@dataclass(frozen=True, slots=True)
class _Sap:
    """Makes what is drawn of what was found."""

    url: PageUrl
    depth: int
    is_backward: bool
    earlier: _Earlier | None

    def twig(self, branch: FlowBranch, before: Way = ()) -> Twig[Leaf]:
        """A page with what is shown of its branches, behind these pages."""
        way = (*before, branch.page)
        return Twig(self._page(branch, way), branch.visitors, tuple(self._twigs(branch, way)))

    def _twigs(self, branch: FlowBranch, way: Way) -> Iterator[Twig[Leaf]]:
        level = len(way) - 1
        if level == self.depth:
            return
        most = BRANCHES[self.depth][level]
        shown, hidden = branch.branches[:most], branch.branches[most:]
        for one in shown:
            yield self.twig(one, way)
        others = branch.others + sum(one.visitors for one in hidden)
        if others and level == 0:
            yield Twig(self._others(others), others)
        if branch.outside:
            yield Twig(self._outside(way, branch.outside), branch.outside)

    def _page(self, branch: FlowBranch, way: Way) -> Leaf:
        text = page_text(branch.page)
        url = self.url.asking(flow=branch.page, stopped=None) if len(way) > 1 else None
        was = self.earlier.visitors(way) if self.earlier else None
        return self._leaf(text, branch.visitors, url, was=was)

    def _others(self, count: int) -> Leaf:
        return self._leaf(_("Other pages"), count, None, kind="others")

    def _outside(self, way: Way, count: int) -> Leaf:
        dimension = "entry_page" if self.is_backward else "exit_page"
        there = self.url.only(dimension, way[-1])
        text = _("Came to the site") if self.is_backward else _("Left the site")
        was = self.earlier.outside(way) if self.earlier else None
        return self._leaf(text, count, None if there is self.url else there, "outside", was)

    def _leaf(
        self, text: str, count: int, url: PageUrl | None, kind: str = "page", was: int | None = None
    ) -> Leaf:
        told, sentence = grouped(count), f"{text}: {visitors(count)}"
        room = CHARACTERS[self.depth]
        if was is not None:
            before = grouped(was)
            told, room = f"{told} ({before})", room - len(before) - 3
            sentence = _("%(told)s, %(number)s before", told=sentence, number=before)
        short = text if len(text) <= room else f"{text[: room - 1].rstrip()}…"
        return Leaf(text, short, told, sentence, url, kind == "outside", kind)
