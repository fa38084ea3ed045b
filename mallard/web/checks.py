"""What is seen of a site that has no events yet: why they do not come, where that can be told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, render_template, request

from mallard.auth.roles import Role
from mallard.ingest.origins import bare
from mallard.texts.catalogue import _
from mallard.web.dashboard.wording import grouped
from mallard.web.guards import may
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
    if not may(Role.OWNER):
        return None
    found = [*_loads(site_id), *_strangers(), *_refusals(), *_dropped(), *_namesakes(site_id)]
    return found or [Check(_("Nothing has been seen so far: no page has loaded the script."))]


def _loads(site_id: str | None) -> Iterator[Check]:
    loads = [load for load in parts().script_loads.last() if _is_recent(load.at)]
    for load in loads[:MOST_SHOWN]:
        yield _loaded(load, site_id)


def _loaded(load: ScriptLoad, site_id: str | None) -> Check:
    at = _clock_time(load.at)
    if load.host is None:
        return Check(
            _("A page that does not tell its address loaded the script at %(time)s.", time=at)
        )
    if load.host == LOCAL:
        text = _(
            "The script was loaded at %(time)s, but from localhost, which is not counted unless"
            " the tag has this, too:",
            time=at,
        )
        return Check(text, code="data-local")
    is_own = site_id is None or bare(load.host) == bare(site_id.partition(":")[0].lower())
    text = _("A page of %(host)s loaded the script at %(time)s.", host=load.host, time=at)
    return Check(text, is_good=is_own)


def _strangers() -> Iterator[Check]:
    for host in parts().refusals.foreign_hosts()[:MOST_SHOWN]:
        if _is_recent(host.at):
            listed = (*parts().settings.site_ids, host.host)
            line = ", ".join(f'"{site}"' for site in listed)
            text = _(
                "An event of a page of %(host)s came at %(time)s, but was refused because of its"
                " origin. The settings have to list it:",
                host=host.host,
                time=_clock_time(host.at),
            )
            yield Check(text, code=f"site_ids = [{line}]")


def _refusals() -> Iterator[Check]:
    recent = [refusal for refusal in parts().refusals.last() if _is_recent(refusal.at)]
    for refusal in recent[:MOST_SHOWN]:
        # What is refused because of its origin has been told with its host, if that has a name.
        if refusal.status != 403 or not parts().refusals.foreign_hosts():
            at = _clock_time(refusal.at)
            text = _(
                "An event came at %(time)s, but was refused: %(why)s.", time=at, why=refusal.reason
            )
            yield Check(text)


def _dropped() -> Iterator[Check]:
    today, counts = next(iter(parts().event_counts().items()))
    dropped = {
        _(name.removeprefix("dropped_").replace("_", " ")): count
        for name, count in sorted(counts.items())
        if name.startswith("dropped_")
    }
    if dropped and today == parts().today():
        told = ", ".join(f"{name} ({grouped(count)})" for name, count in dropped.items())
        yield Check(_("Events that came today were left out on purpose: %(told)s.", told=told))


def _namesakes(site_id: str | None) -> Iterator[Check]:
    """The same host with or without www. is easily written into the tag."""
    for site in parts().sites() if site_id else ():
        if site != site_id and bare(site.lower()) == bare((site_id or "").lower()):
            text = _(
                "Events come for %(site)s: name this in the tags of its pages, or make %(site)s an"
                " alias or merge it:",
                site=site,
            )
            yield Check(text, code=f'data-domain="{site_id}"')


def _is_recent(at: datetime) -> bool:
    return parts().now() - at <= RECENTLY


def _clock_time(at: datetime) -> str:
    return f"{at:%H:%M:%S} UTC"
