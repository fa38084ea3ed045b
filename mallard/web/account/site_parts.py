"""The parts of which a site may have many: how each is shown in a form, and how that is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from mallard.register.site import Funnel, Goal, Segment, View
from mallard.register.told import Alert, Report
from mallard.texts.catalogue import N_, _
from mallard.web.account.fields import Fields, lines_of
from mallard.web.dashboard.page_url import spelt

ALERTS, REPORTS = "alerts", "reports"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of parts of which a site may have many: how one is shown, and how it is read."""

    name: str
    title: str
    one: str
    add: str
    save: str
    fields_of: Callable[[Any], dict[str, str]]
    read: Callable[[Fields], dict[str, Any]]
    shown_by: Callable[[Any], str]
    """The query of the view that shows one."""


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


def _report(report: Report) -> dict[str, str]:
    return {
        "name": (
            _("Each week, to %(to)s") if report.every == "week" else _("Each month, to %(to)s")
        )
        % {"to": ", ".join(report.to)},
        "every": report.every,
        "to": "\n".join(report.to),
    }


def _read_report(given: Fields) -> dict[str, Any]:
    return {"every": given.get("every", "week"), "to": lines_of(given.get("to", ""))}


def _view_of_report(report: Report) -> str:
    return spelt((("period", "last_month" if report.every == "month" else "7d"),))


def _alert(alert: Alert) -> dict[str, str]:
    return {
        "name": alert.name,
        "on": alert.on,
        "goal": alert.goal,
        "times": str(alert.times or ""),
        "hours": str(alert.hours or ""),
        "to": "\n".join(alert.to),
        "webhook": alert.webhook,
        "form": alert.form,
    }


def _read_alert(given: Fields) -> dict[str, Any]:
    """Fields of other kinds of alerts count for nothing: the page shows those of all."""
    on = given.get("on", "")
    read: dict[str, Any] = {"name": _name(given), "on": on, "to": lines_of(given.get("to", ""))}
    read |= {"webhook": given.get("webhook", "").strip(), "form": given.get("form", "json")}
    if on == "goal":
        read |= {"goal": given.get("goal", "").strip(), "times": _number(given, "times")}
    if on == "silence":
        read["hours"] = _number(given, "hours")
    return read


def _number(given: Fields, name: str) -> int | str:
    """The number of a field; what is none is left for the document to refuse."""
    text = given.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else text


def _view_of_alert(alert: Alert) -> str:
    return spelt((("goal", alert.goal),)) if alert.goal else ""


def _name(given: Fields) -> str:
    return given.get("name", "").strip()


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "goals",
            N_("Goals"),
            N_("goal"),
            N_("Add a goal"),
            N_("Save a goal"),
            _goal,
            _read_goal,
            _view_of_goal,
        ),
        Kind(
            "segments",
            N_("Segments"),
            N_("segment"),
            N_("Add a segment"),
            N_("Save a segment"),
            _segment,
            _read_segment,
            _view_of_segment,
        ),
        Kind(
            "funnels",
            N_("Funnels"),
            N_("funnel"),
            N_("Add a funnel"),
            N_("Save a funnel"),
            _funnel,
            _read_funnel,
            _view_of_funnel,
        ),
        Kind(
            "views",
            N_("Views"),
            N_("view"),
            N_("Add a view"),
            N_("Save a view"),
            _view,
            _read_view,
            _view_itself,
        ),
        Kind(
            ALERTS,
            N_("Alerts"),
            N_("alert"),
            N_("Add an alert"),
            N_("Save an alert"),
            _alert,
            _read_alert,
            _view_of_alert,
        ),
        Kind(
            REPORTS,
            N_("Reports by mail"),
            N_("report"),
            N_("Add a report"),
            N_("Save a report"),
            _report,
            _read_report,
            _view_of_report,
        ),
    )
}
