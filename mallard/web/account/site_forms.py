"""The parts of a site's document as forms: their fields as texts, and what these say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from mallard.register.site import LONGEST_NAME, Exclude, Funnel, Goal, Paths, Segment, Site, View
from mallard.reports.arguments import Args, first
from mallard.reports.parameters import FILTER
from mallard.reports.patterns import ANYTHING
from mallard.web.dashboard.page_url import spelt

Fields = Mapping[str, str]
"""What is in the fields of a form, by their names; several things stand in lines."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of parts of which a site may have many: how one is shown, and how it is read."""

    name: str
    title: str
    one: str
    fields_of: Callable[[Any], dict[str, str]]
    read: Callable[[Fields], dict[str, Any]]
    shown_by: Callable[[Any], str]
    """The query of the view that shows one."""


def lines_of(text: str) -> list[str]:
    """The lines of a field that are not blank."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def _goal(goal: Goal) -> dict[str, str]:
    return {
        "name": goal.name,
        "what": "page" if goal.page else "event",
        "value": goal.page or goal.event,
        "props": "\n".join(f"{key}={value}" for key, value in goal.props.items()),
        "money": "needed" if goal.money else "any",
    }


def _read_goal(given: Fields) -> dict[str, Any]:
    what = "page" if given.get("what") == "page" else "event"
    pairs = (line.partition("=") for line in lines_of(given.get("props", "")))
    props = {key.strip(): value.strip() for key, _, value in pairs}
    read = {"name": _name(given), what: given.get("value", "").strip(), "props": props}
    return read | ({"money": True} if given.get("money") == "needed" else {})


def _segment(segment: Segment) -> dict[str, str]:
    return {"name": segment.name, "filters": "\n".join(segment.filters)}


def _read_segment(given: Fields) -> dict[str, Any]:
    return {"name": _name(given), "filters": lines_of(given.get("filters", ""))}


def _funnel(funnel: Funnel) -> dict[str, str]:
    return {"name": funnel.name, "steps": "\n".join(funnel.steps), "window": funnel.window}


def _read_funnel(given: Fields) -> dict[str, Any]:
    read = {"name": _name(given), "steps": lines_of(given.get("steps", ""))}
    window = given.get("window", "").strip()
    return read | ({"window": window} if window else {})


def _view(view: View) -> dict[str, str]:
    return {"name": view.name, "query": view.query}


def _read_view(given: Fields) -> dict[str, Any]:
    """A whole address may be pasted: what counts is what follows its question mark."""
    text = given.get("query", "").strip()
    query = urlsplit(text).query if "?" in text else text
    pairs = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] != "site_id"]
    return {"name": _name(given), "query": spelt(tuple(pairs)) if pairs else query}


def _view_of_goal(goal: Goal) -> str:
    return spelt((("goal", goal.name), ("tab", "goals")))


def _view_of_segment(segment: Segment) -> str:
    return spelt((("segment", segment.name),))


def _view_of_funnel(funnel: Funnel) -> str:
    steps = (("funnel", step) for step in funnel.steps)
    return spelt((("tab", "funnel"), *steps, ("window", funnel.window)))


def _view_itself(view: View) -> str:
    return view.query


def _name(given: Fields) -> str:
    return given.get("name", "").strip()


KINDS = {
    kind.name: kind
    for kind in (
        Kind("goals", "Goals", "goal", _goal, _read_goal, _view_of_goal),
        Kind("segments", "Segments", "segment", _segment, _read_segment, _view_of_segment),
        Kind("funnels", "Funnels", "funnel", _funnel, _read_funnel, _view_of_funnel),
        Kind("views", "Views", "view", _view, _read_view, _view_itself),
    )
}


def named(site: Site) -> dict[str, str]:
    """The fields of the form of the name."""
    return {"name": site.name} | ({"pinned": "yes"} if site.is_pinned else {})


def excluded(exclude: Exclude) -> dict[str, str]:
    """The fields of the form of exclusions."""
    return {key: "\n".join(getattr(exclude, key)) for key in Exclude.__struct_fields__}


def read_excluded(given: Fields) -> dict[str, list[str]]:
    """What that form says; codes of countries in capitals, whatever is typed."""
    read = {key: lines_of(given.get(key, "")) for key in Exclude.__struct_fields__}
    return read | {"countries": [code.upper() for code in read["countries"]]}


def ruled(paths: Paths) -> dict[str, str]:
    """The fields of the form of path rules."""
    return {
        "index": paths.index,
        "trailing_slash": paths.trailing_slash,
        "lower_case": "lower" if paths.lower_case else "keep",
        "keep_query": "\n".join(paths.keep_query),
        "group": "\n".join(paths.group),
    }


def read_ruled(given: Fields) -> dict[str, Any]:
    """What that form says."""
    return {
        "index": given.get("index", "keep"),
        "trailing_slash": given.get("trailing_slash", "keep"),
        "lower_case": given.get("lower_case") == "lower",
        "keep_query": lines_of(given.get("keep_query", "")),
        "group": lines_of(given.get("group", "")),
    }


@dataclass(frozen=True, slots=True)
class Form:
    """A form of the page; `place` is the part's place among its kind, None for a new one."""

    kind: str
    place: int | None
    fields: Fields
    problem: str = ""
    query: str = ""
    """Of the view that shows the part."""

    @property
    def title(self) -> str:
        """What it is called."""
        return self.fields.get("name", "")


def begun(args: Args) -> dict[str, Fields]:
    """What a link from the dashboard has put into the forms of new parts."""
    found: dict[str, Fields] = {}
    for what in ("event", "page"):
        if value := first(args, what):
            # This very page is meant, whatever its path has in it.
            pattern = value.replace(ANYTHING, "%2A") if what == "page" else value
            found["goals"] = {"name": value[:LONGEST_NAME], "what": what, "value": pattern}
    if filters := FILTER.of(args):
        found["segments"] = {"filters": "\n".join(filters)}
    return found


def forms_of(site: Site, new: Mapping[str, Fields]) -> dict[str, list[Form]]:
    """A form for each part of each kind, and one for a new part, with what it begins with."""
    return {
        name: [
            *(
                Form(name, n, kind.fields_of(part), query=kind.shown_by(part))
                for n, part in enumerate(getattr(site, name))
            ),
            Form(name, None, new.get(name, {})),
        ]
        for name, kind in KINDS.items()
    }
