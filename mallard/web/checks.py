"""What is seen of a site that has no events yet: why they do not come, where that can be told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, render_template, request

from mallard.auth.keys import Scope
from mallard.ingest.origins import bare
from mallard.web.guards import caller
from mallard.web.script_loads import LOCAL, ScriptLoad
from mallard.web.state import parts

blueprint = Blueprint("checks", __name__)

RECENTLY = timedelta(hours=1)
MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Check:
    """Something that was seen; it `is_good`, or there is something to do about it."""

    text: str
    is_good: bool = False
    code: str = ""
    """What to write where."""


@blueprint.get("/checks")
def checks() -> str:
    """What was seen up to now."""
    return render_template("checks.html", site_id=request.args.get("site_id"))


@blueprint.app_template_global()
def checks_of(site_id: str | None) -> list[Check] | None:
    """What was seen; None for those who may not know it."""
    who = caller()
    if who is None or not who.scope.covers(Scope.ADMIN):
        return None
    found = [*_loads(site_id), *_strangers(), *_refusals(), *_dropped(), *_namesakes(site_id)]
    return found or [Check("Nothing has been seen so far: no page has loaded the script.")]


def _loads(site_id: str | None) -> Iterator[Check]:
    loads = [load for load in parts().script_loads.last() if _is_recent(load.at)]
    for load in loads[:MOST_SHOWN]:
        yield _loaded(load, site_id)


def _loaded(load: ScriptLoad, site_id: str | None) -> Check:
    at = _clock_time(load.at)
    if load.host is None:
        return Check(f"A page that does not tell its address loaded the script at {at}.")
    if load.host == LOCAL:
        text = f"The script was loaded at {at}, but from localhost, which is not counted unless"
        return Check(f"{text} the tag has this, too:", code="data-local")
    is_own = site_id is None or bare(load.host) == bare(site_id.partition(":")[0].lower())
    return Check(f"A page of {load.host} loaded the script at {at}.", is_good=is_own)


def _strangers() -> Iterator[Check]:
    for host in parts().refusals.foreign_hosts()[:MOST_SHOWN]:
        if _is_recent(host.at):
            listed = (*parts().settings.site_ids, host.host)
            line = ", ".join(f'"{site}"' for site in listed)
            text = f"An event of a page of {host.host} came at {_clock_time(host.at)}, but was"
            text += " refused because of its origin. The settings have to list it:"
            yield Check(text, code=f"site_ids = [{line}]")


def _refusals() -> Iterator[Check]:
    recent = [refusal for refusal in parts().refusals.last() if _is_recent(refusal.at)]
    for refusal in recent[:MOST_SHOWN]:
        # What is refused because of its origin has been told with its host, if that has a name.
        if refusal.status != 403 or not parts().refusals.foreign_hosts():
            at = _clock_time(refusal.at)
            yield Check(f"An event came at {at}, but was refused: {refusal.reason}.")


def _dropped() -> Iterator[Check]:
    today, counts = next(iter(parts().event_counts().items()))
    dropped = {
        name.removeprefix("dropped_").replace("_", " "): count
        for name, count in sorted(counts.items())
        if name.startswith("dropped_")
    }
    if dropped and today == parts().today():
        told = ", ".join(f"{name} ({count:,})" for name, count in dropped.items())
        yield Check(f"Events that came today were left out on purpose: {told}.")


def _namesakes(site_id: str | None) -> Iterator[Check]:
    """The same host with or without www. is easily written into the tag."""
    for site in parts().sites() if site_id else ():
        if site != site_id and bare(site.lower()) == bare((site_id or "").lower()):
            text = f"Events come for {site}: name this in the tags of its pages, or make {site} an"
            yield Check(f"{text} alias or merge it:", code=f'data-domain="{site_id}"')


def _is_recent(at: datetime) -> bool:
    return parts().now() - at <= RECENTLY


def _clock_time(at: datetime) -> str:
    return f"{at:%H:%M:%S} UTC"
