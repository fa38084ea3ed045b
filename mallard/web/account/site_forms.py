"""The parts of a site's document as forms: their fields as texts, and what these say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mallard.register.part import LONGEST_NAME
from mallard.register.site import Exclude, Paths, Site
from mallard.reports.arguments import Args, first
from mallard.reports.parameters import FILTER
from mallard.reports.patterns import ANYTHING
from mallard.web.account.fields import Fields, lines_of
from mallard.web.account.site_parts import KINDS


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
