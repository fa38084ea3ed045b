"""Umami's API for reading: what its arguments ask for, and rows in its form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from mallard.model import EPOCH, PAGEVIEW
from mallard.peers.moments import between
from mallard.reports.arguments import Args, BadQuery, Choice, RequiredText, Text, WholeNumber, first
from mallard.reports.combinations import PLACES, ByDimensions, Found
from mallard.reports.filters import MAX_FILTERS, MAX_VALUES, UNKNOWN
from mallard.reports.imported_combinations import are_told
from mallard.reports.query import ReportQuery, zone_of
from mallard.reports.where import CONTAINS, IS, MATCHES, AllOf, AnyOf, Compared, Not, Where
from mallard.zones.days import UTC as UTC_ZONE

Ask = Callable[[ReportQuery, ByDimensions], Found]
Row = dict[str, Any]

DIMENSIONS = {
    "path": "page",
    "url": "page",
    "entry": "entry_page",
    "exit": "exit_page",
    "hostname": "hostname",
    "host": "hostname",
    "referrer": "source",
    "domain": "source",
    "channel": "channel",
    "event": "event",
    "tag": "prop:tag",
    "browser": "browser",
    "os": "os",
    "device": "device",
    "screen": "screen_size",
    "country": "country",
    "region": "region",
    "city": "city",
    "utmSource": "utm_source",
    "utmMedium": "utm_medium",
    "utmCampaign": "utm_campaign",
    "utmContent": "utm_content",
    "utmTerm": "utm_term",
}
"""What Umami calls our dimensions."""
NOT_KEPT = ("title", "query", "language", "distinctId", "segment", "cohort", "excludeBounce")
OTHERWISE_SPELT = ("browser", "os", "device")
"""Umami has small letters there."""
OPERATORS = {"eq": IS, "c": CONTAINS, "re": MATCHES, "neq": IS, "dnc": CONTAINS, "nre": MATCHES}
NEGATIVE = ("neq", "dnc", "nre")
UNITS = {"minute": "hour", "hour": "hour", "day": "day", "month": "month", "year": "month"}
UTC_NAMES = ("UTC", "Etc/UTC", "GMT")
LONGEST = timedelta(days=5000)
A_MILLISECOND = timedelta(milliseconds=1)

TYPE = RequiredText("type", "")
UNIT = Choice("unit", "", choices=tuple(UNITS), default="day")
MATCH = Choice("match", "", choices=("all", "any"), default="all")
EVENT_TYPE = Choice("eventType", "", choices=("1", "2", ""))
SEARCH = Text("search", "")
LIMIT = WholeNumber("limit", "", least=1, most=10_000, default=500)
OFFSET = WholeNumber("offset", "", least=0, most=1_000_000, default=0)

_FILTER = re.compile(rf"({'|'.join((*DIMENSIONS, *NOT_KEPT))})[0-9]*")
_VALUE = re.compile(rf"({'|'.join(OPERATORS)})\.(.*)", re.DOTALL)
OF_ALL = ("pageviews", "visitors", "sessions", "bounce_rate", "avg_visit_duration_secs")


@dataclass(frozen=True, slots=True)
class Reading:
    """Answers a request about a site."""

    args: Args
    site_id: str
    usual_zone: str
    ask: Ask

    def stats(self) -> Row:
        """Figures of all, beside those of as long a time before. Raises BadQuery."""
        begin, end = self._moments()
        return self._stats(begin, end) | {"comparison": self._stats(begin - (end - begin), begin)}

    def series(self) -> Row:
        """Pageviews and visitors over time, empty buckets left out. Raises BadQuery."""
        zone = self._zone()
        unit = UNITS[UNIT.of(self.args)]
        asked = ByDimensions((unit,), ("pageviews", "visitors"), limit=100_000)
        rows = self._found(asked).rows
        labelled = [(_label(key[0], zone), figures) for key, figures in rows]
        return {
            "pageviews": [{"x": label, "y": views} for label, (views, _) in labelled if views],
            "sessions": [{"x": label, "y": people} for label, (_, people) in labelled],
        }

    def metrics(self) -> list[Row]:
        """The visitors of each value; of events, how many. Raises BadQuery."""
        figure = "events" if self._type() == "event" else "visitors"
        return [
            {"x": value, "y": figures[0]} | country
            for value, country, figures in self._by_type((figure,))
        ]

    def expanded(self) -> list[Row]:
        """All figures of each value. Raises BadQuery."""
        found = self._by_type(("visitors", *OF_ALL))
        return [{"name": v, **_figures(of[1:])} | country for v, country, of in found]

    def _type(self) -> str:
        name = TYPE.of(self.args)
        if name not in DIMENSIONS:
            raise BadQuery(f"type must be one of {', '.join(DIMENSIONS)}")
        return name

    def _by_type(
        self, metrics: tuple[str, ...]
    ) -> Iterator[tuple[str | None, Row, tuple[int | float, ...]]]:
        """Each value, its country if it is a place, and its figures."""
        name = self._type()
        dimension = DIMENSIONS[name]
        asked = ByDimensions(
            (dimension,),
            tuple(dict.fromkeys(metrics)),
            order=((metrics[0], True),),
            limit=LIMIT.of(self.args),
            offset=OFFSET.of(self.args),
        )
        more: tuple[Where, ...] = ()
        if search := SEARCH.of(self.args):
            more += (Compared(dimension, CONTAINS, (search,), ignores_case=True),)
        if name == "event":
            more += (Not(Compared("event", IS, (PAGEVIEW,))),)
        elif name in ("path", "url"):
            more += (Compared("event", IS, (PAGEVIEW,)),)
        found = self._found(asked, more)
        places = [asked.metrics.index(metric) for metric in metrics]
        for key, figures in found.rows:
            value = None if key[0] == UNKNOWN else key[0]
            country = {"country": key[1]} if dimension in PLACES and key[1] != UNKNOWN else {}
            yield value, country, tuple(figures[place] for place in places)

    def _stats(self, begin: datetime, end: datetime) -> Row:
        asked = ByDimensions((), OF_ALL, where=self._where(()))
        ((_, figures),) = self._between(begin, end, asked).rows
        return _figures(figures)

    def _found(self, asked: ByDimensions, more: Sequence[Where] = ()) -> Found:
        return self._between(*self._moments(), replace(asked, where=self._where(more)))

    def _between(self, begin: datetime, end: datetime, asked: ByDimensions) -> Found:
        """What there is between two moments; imported days are added where they tell it."""
        query, since = between(self.site_id, begin, end, self._zone())
        asked = replace(asked, since=since)
        return self.ask(replace(query, with_imported=are_told(asked)), asked)

    def _zone(self) -> str:
        """The time zone whose days and hours are asked for. Raises BadQuery."""
        found = zone_of(self.args, self.usual_zone)
        return UTC_ZONE if found in UTC_NAMES else found

    def _moments(self) -> tuple[datetime, datetime]:
        """From when until before when, in UTC."""
        begin = _moment(self.args, "startAt", "startDate")
        end = _moment(self.args, "endAt", "endDate") + A_MILLISECOND
        if end <= begin or end - begin > LONGEST or begin - (end - begin) < EPOCH:
            raise BadQuery(
                f"endAt must not be before startAt, nor more than {LONGEST.days} days after it, and"
                " as long a time before it must be after 1970"
            )
        return begin, end

    def _where(self, more: Sequence[Where]) -> Where:
        """What the filters keep. Raises BadQuery."""
        found, is_any = list(self._filters()), MATCH.of(self.args) == "any"
        if len(found) > MAX_FILTERS:
            raise BadQuery(f"give at most {MAX_FILTERS} filters")
        if found and is_any:
            found = [AnyOf(tuple(found))]
        kind = EVENT_TYPE.of(self.args)
        if kind:
            of_views: Where = Compared("event", IS, (PAGEVIEW,))
            found.append(of_views if kind == "1" else Not(of_views))
        return AllOf((*found, *more))

    def _filters(self) -> Iterator[Where]:
        for given in self.args:
            match = _FILTER.fullmatch(given)
            if match is None:
                continue
            name, texts = match[1], [text for text in self.args[given] if text]
            if name in DIMENSIONS:
                yield from (_condition(name, text) for text in texts)
            elif set(texts) - {"false"}:
                raise BadQuery(f"{given}: nothing here can be filtered by that")


def _condition(name: str, text: str) -> Where:
    """The filter of a text, perhaps with its operator before it: `neq.Chrome,Firefox`."""
    found = _VALUE.fullmatch(text)
    operator, values = (found[1], found[2]) if found else ("eq", text)
    parts = tuple(values.split(",")) if OPERATORS[operator] == IS else (values,)
    if len(parts) > MAX_VALUES or not all(parts):
        raise BadQuery(f"{name}: give 1 to {MAX_VALUES} values, none of them empty")
    ignores_case = name in OTHERWISE_SPELT or OPERATORS[operator] == CONTAINS
    compared = Compared(DIMENSIONS[name], OPERATORS[operator], parts, ignores_case)
    return Not(compared) if operator in NEGATIVE else compared


def _moment(args: Args, in_ms: str, as_date: str) -> datetime:
    text, dated = first(args, in_ms), first(args, as_date)
    try:
        if text is not None:
            return EPOCH + timedelta(milliseconds=int(text))
        found = datetime.fromisoformat(dated or "")
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise BadQuery(
            f"{in_ms} must be milliseconds since 1970, or {as_date} a date and time"
        ) from None


def _figures(figures: Sequence[int | float]) -> Row:
    pageviews, visitors, visits, bounce_rate, duration_secs = figures
    return {
        "pageviews": pageviews,
        "visitors": visitors,
        "visits": visits,
        "bounces": round(bounce_rate * visits),
        "totaltime": round(duration_secs * visits),
    }


def _label(bucket: str, zone: str) -> str:
    """The beginning of a bucket: in UTC it says so, elsewhere it is what clocks show."""
    day, _, hour = bucket.partition(" ")
    day = day if day.count("-") == 2 else f"{day}-01"
    at = f"{hour[:5] or '00:00'}:00{hour[5:]}"
    return f"{day}T{at}Z" if zone == UTC_ZONE else f"{day} {at}"


def website(website_id: str, name: str, domain: str, since: date, user: Mapping[str, str]) -> Row:
    """A site as Umami tells of websites."""
    day = f"{since.isoformat()}T00:00:00.000Z"
    nothing = dict.fromkeys(("shareId", "resetAt", "teamId", "deletedAt"))
    return {
        "id": website_id,
        "name": name,
        "domain": domain,
        **nothing,
        "userId": user["id"],
        "createdBy": user["id"],
        "createdAt": day,
        "updatedAt": day,
        "user": dict(user),
    }
