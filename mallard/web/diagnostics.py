"""For operators: whose request this seems to be, what it would store, what became of events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from flask import Blueprint, Response, render_template, request

from mallard.ingest.collect import raw_event
from mallard.ingest.refusals import ForeignHost, Refusal, Rejected
from mallard.ingest.trails import SOCKET, Step, Trail, trail
from mallard.model import SITE_ID_FORM, Dropped, DropReason, Event
from mallard.reports.arguments import Lenient
from mallard.texts.catalogue import N_
from mallard.web.api.asking import as_json
from mallard.web.api.described import Answer, Subject, described
from mallard.web.dashboard.view import asked_url
from mallard.web.state import parts

blueprint = Blueprint("diagnostics", __name__)

OUTCOMES = (N_("dropped"), N_("rejected"))
"""What may become of a sample that is not stored, as the page says it."""
REASONS = (
    *(N_("crawler"), N_("http client"), N_("automated"), N_("referrer spam"), N_("opted out")),
    *(N_("ignore me"), N_("identify"), N_("performance"), N_("engagement")),
    *(N_("excluded address"), N_("excluded country"), N_("excluded hostname")),
    *(N_("excluded path"), N_("excluded user agent")),
    *(N_("invalid"), N_("forbidden"), N_("too large"), N_("wrong type"), N_("rate limited")),
    *(N_("too many sites"), N_("not stored")),
    *(N_("unreachable"), N_("slow"), N_("refused"), N_("redirected"), N_("broken off")),
)
"""Why an event was dropped or refused, or a download not passed on, as the pages say it."""
NO_SITE = "example.com"
"""The site of the sample as long as there is none."""

WORDS = {"site_id": "d", "url": "u", "referrer": "r", "width": "w"}
"""Our arguments, and what the tracking script calls the same."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a pageview sent by this very browser would become; it is not stored."""

    outcome: str
    """stored, dropped or rejected."""
    reason: str | None = None
    event: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class DayCounts:
    """What became of the events of a UTC day."""

    day: date
    accepted: int
    dropped: dict[str, int]
    rejected: dict[str, int]
    failed: dict[str, int]
    """Downloads and clones that the portal could not pass on."""


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """Everything on the page."""

    address: Trail
    sample: Sample
    days: list[DayCounts]
    refused: dict[str, int]
    """How many events were refused since the start, by the field that was wrong."""
    refusals: list[Refusal]
    """The last reasons for that, the latest first; never what was sent, or by whom."""
    foreign_hosts: list[ForeignHost]
    """Whose pages were refused, the latest first, where `site_ids` lists the sites."""


_STRANGER = Step("203.0.113.9", "203.0.113.9", is_trusted=False)
_EXAMPLE = Diagnostics(
    Trail("203.0.113.9", SOCKET, peer=_STRANGER, forwarded_for=[], real_ip=None, named=None),
    Sample("dropped", DropReason.HTTP_CLIENT),
    [DayCounts(date(2026, 1, 31), 9127, {"crawler": 311}, {"invalid": 2}, {})],
    {"ra": 2},
    [
        Refusal(
            datetime(2026, 1, 31, 12, 4, 5, tzinfo=UTC),
            "ra",
            "ra (revenue amount) must be a number, or a string such as 49.90",
            400,
            2,
        )
    ],
    [ForeignHost("shop.example.com", datetime(2026, 1, 31, 12, 4, 5, tzinfo=UTC), 3)],
)


@blueprint.get("/api/diagnostics")
@described(
    Subject.PRIVACY,
    Lenient("site_id", "The site of the sample.", bounds=SITE_ID_FORM, filed_as="sample_site"),
    Lenient("url", "The page of the sample.", filed_as="sample_url"),
    Lenient("referrer", "Its referrer.", filed_as="sample_referrer"),
    Lenient("width", "The screen's width in pixels.", filed_as="sample_width"),
    Answer("What was found.", _EXAMPLE),
)
def get_diagnostics() -> Response:
    """Whose request this is, and what would be stored of it.

    What a pageview from the caller would become, with the address that was found and how; and what
    became of the events of the last days. Nothing is stored.
    """
    return as_json(_diagnostics())


@blueprint.get("/diagnostics")
def page() -> str:
    """The page."""
    return render_template(
        "diagnostics.html",
        url=asked_url({}),
        sites=[],
        found=_diagnostics(),
        asked=_asked(),
        client_ip_header=parts().settings.client_ip_header,
        places_trouble=parts().locations.trouble,
        has_portal=parts().settings.portal is not None,
        line_to_add=_line_to_add,
    )


def _diagnostics() -> Diagnostics:
    headers, proxies = request.headers, parts().proxies
    return Diagnostics(
        address=trail(
            proxies,
            request.remote_addr or "",
            headers.get("X-Forwarded-For"),
            headers.get("X-Real-IP"),
            headers.get(proxies.header) if proxies.header else None,
        ),
        sample=_sample(),
        days=[_of_day(day, counts) for day, counts in parts().event_counts().items()],
        refused=parts().refusals.by_field(),
        refusals=parts().refusals.last(),
        foreign_hosts=parts().refusals.foreign_hosts(),
    )


def _line_to_add(host: str) -> str:
    """The line of the settings with which pages of a host may send events."""
    sites = ", ".join(f'"{site}"' for site in (*parts().settings.site_ids, host))
    return f"site_ids = [{sites}]"


def _asked() -> dict[str, str]:
    """What the sample is to be; where nothing is said, the start page of a site."""
    asked = {name: value for name in WORDS if (value := request.args.get(name))}
    if "site_id" not in asked:
        known = parts().listed_sites() or parts().sites() or [NO_SITE]
        asked["site_id"] = known[0]
    return {"url": f"https://{asked['site_id']}/"} | asked


def _sample() -> Sample:
    content = {WORDS[name]: value for name, value in _asked().items()}
    try:
        event = parts().preview(raw_event(request.environ, content, parts().proxies))
    except Rejected as rejected:
        return Sample("rejected", rejected.reason)
    if isinstance(event, Dropped):
        return Sample("dropped", event.reason)
    return Sample("stored", event=_columns(event))


def _columns(event: Event) -> dict[str, Any]:
    at = datetime.fromtimestamp(event.timestamp // 1_000_000, UTC)
    at = at.replace(microsecond=event.timestamp % 1_000_000)
    return {**msgspec.structs.asdict(event), "timestamp": f"{at:%Y-%m-%d %H:%M:%S.%f}"}


def _of_day(day: date, counts: dict[str, int]) -> DayCounts:
    return DayCounts(
        day,
        counts.get("accepted", 0),
        _named("dropped_", counts),
        _named("rejected_", counts),
        _named("portal_failed_", counts),
    )


def _named(prefix: str, counts: dict[str, int]) -> dict[str, int]:
    return {
        name.removeprefix(prefix): count
        for name, count in sorted(counts.items())
        if name.startswith(prefix)
    }
