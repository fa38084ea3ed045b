"""Records what somebody did at the portal: on the journal before whoever asked is answered."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol

from mallard.ingest.bots import Bot, classify
from mallard.ingest.intake import Intake, Outcome
from mallard.ingest.numbering import NUMBER
from mallard.ingest.pipeline import RawEvent, Teller
from mallard.ingest.refusals import Rejected
from mallard.ingest.submission import Submission
from mallard.ingest.urls import plain_text
from mallard.model import EPOCH, Dropped, Period

MAX_AGENT = 512
"""So much of a user agent is kept."""

Props = Mapping[str, str | int | None]

A_YEAR = timedelta(days=366)
"""Events so far ahead are looked at, too: the clock may have been set back."""
A_MONTH = 31


class Name(enum.StrEnum):
    """What may happen at the portal: the names of its events."""

    DOWNLOAD = "download"
    CLONE = "clone"
    TOOL_UPLOAD = "tool_upload"
    TOOL_DOWNLOAD = "tool_download"
    CATEGORY_VIEW = "category_view"
    SEARCH = "search"
    DIFF_VIEW = "diff_view"


SERIES: Mapping[str, str] = {
    Name.DOWNLOAD: "downloads",
    Name.CLONE: "clones",
    Name.TOOL_UPLOAD: "tool_usage",
    Name.TOOL_DOWNLOAD: "tool_usage",
    Name.CATEGORY_VIEW: "catalog_interactions",
    Name.SEARCH: "catalog_interactions",
    Name.DIFF_VIEW: "catalog_interactions",
}
"""The documented table in which each event is a row."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who did something; programs are visitors here."""

    address: str
    user_agent: str
    opted_out: bool = False
    """Whether the browser asks not to be counted, which counts where `respect_gpc` says so."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that somebody did; see `Recorder.record` for what it may hold."""

    name: Name
    props: Props
    visitor: Visitor
    path: str


class Recorder:
    """Records events of the portal's site, whatever the site's limits and the robots' list say."""

    def __init__(self, site_id: str, intake: Intake, keeps_agents: bool = True) -> None:
        self.site_id = site_id
        self._intake = intake
        self._keeps_agents = keeps_agents

    def record(self, name: Name, props: Props, visitor: Visitor, path: str) -> Dropped | None:
        """Returns once the event is on the journal, at this moment's time; Dropped if opted out.

        Properties that are None are left out. `path` is the page that reports show; it is at most
        2,048 characters long, and the properties are 3,000 as JSON. Raises Rejected, with 503 when
        the journal cannot be written: then nothing may be answered as if it had been recorded.
        """
        return self._intake.take(self._raw(Happening(name, props, visitor, path)))

    def record_all(self, happened: Iterable[Happening | Rejected]) -> list[Outcome]:
        """As `record` for many, of which some are refused already: on the journal all or none."""
        return self._intake.take_all(
            one if isinstance(one, Rejected) else self._raw(one) for one in happened
        )

    def _raw(self, one: Happening) -> RawEvent:
        visitor = one.visitor
        kept = {key: value for key, value in one.props.items() if value is not None}
        props = {**kept, **self._about(visitor)}
        return RawEvent(
            Submission(d=self.site_id, n=one.name, u=one.path, p=props),
            visitor.user_agent,
            visitor.address,
            opted_out=visitor.opted_out,
            teller=Teller.OURSELVES,
        )

    def _about(self, visitor: Visitor) -> dict[str, str | bool]:
        """What the portal's events tell of programs: their user agents, and which are robots."""
        told: dict[str, str | bool] = {}
        if self._keeps_agents and visitor.user_agent:
            told["user_agent"] = plain_text(visitor.user_agent[:MAX_AGENT])
        if classify(visitor.user_agent) is Bot.CRAWLER:
            told["robot"] = True
        return told


LAST_NUMBERS = f"""
numbered as (
    select event_name, try_cast(props ->> '$.{NUMBER}' as integer) as number
    from stored
    where list_contains($names, event_name)
)
select event_name, max(number) from numbered group by event_name
"""  # noqa: S608  # a name of our own


class Stored(Protocol):
    """What the store tells about a site's days."""

    def days(self, site_id: str, period: Period) -> list[date]:
        """The days of a period on which the site has events."""

    def fetch(
        self, site_id: str, period: Period, sql: str, params: Mapping[str, Any]
    ) -> list[tuple[Any, ...]]:
        """The rows of a query over a site's days."""


def last_numbers(stored: Stored, site_id: str, today: date) -> dict[str, int]:
    """The last number of each series; days longer ago are looked at for what the newest lack."""
    last: dict[str, int] = {}
    days = stored.days(site_id, Period(EPOCH.date(), today + A_YEAR))
    for span in (days[-1:], days[-A_MONTH:-1], days[:-A_MONTH]):
        wanted = [str(name) for name, series in SERIES.items() if series not in last]
        if span and wanted:
            period = Period(span[0], span[-1] + timedelta(days=1))
            last |= _last_within(stored, site_id, period, wanted)
    return last


def _last_within(stored: Stored, site_id: str, period: Period, names: list[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for name, number in stored.fetch(site_id, period, LAST_NUMBERS, {"names": names}):
        found[SERIES[name]] = max(found[SERIES[name]], number or 0)
    return +found
