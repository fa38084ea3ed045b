"""Traffic that never ebbs: the demo's visits, many at a time, each by somebody new."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import count, cycle

import msgspec

from benches.traffic import sample
from mallard.demo.places import PLACES
from mallard.demo.sessions import Body
from mallard.ingest.pipeline import RawEvent
from mallard.ingest.place_records import Location

DISTINCT_HITS = 20_000
EVENTS_A_LANE = 2_160
"""A visit goes on for every so many events of a day: its visitor sends one every 40 seconds."""

Visit = list[tuple[bytes, str]]
"""Bodies, and the browser that sends them."""


def traffic(events_a_day: int, site: str | None = None) -> Iterator[RawEvent]:
    """Events without end, of the demo's sites or of one; the same ones every time."""
    visits, visitors = cycle(_visits(site)), count()
    at_a_time = max(1, events_a_day // EVENTS_A_LANE)
    lanes = [_made_by(next(visitors), next(visits)) for _ in range(at_a_time)]
    while True:
        for number, lane in enumerate(lanes):
            event = next(lane, None)
            if event is None:
                lanes[number] = _made_by(next(visitors), next(visits))
                event = next(lanes[number])
            yield event


def locate(address: str, told: str | None = None) -> Location:
    """Where a visitor of `traffic` is."""
    _, high, middle, low = map(int, address.split("."))
    return PLACES[(high << 16 | middle << 8 | low) % len(PLACES)].location


def _made_by(visitor: int, visit: Visit) -> Iterator[RawEvent]:
    """A visit from an address that nobody else has, as long as there are 2^24 of them."""
    address = f"10.{visitor >> 16 & 255}.{visitor >> 8 & 255}.{visitor & 255}"
    for body, user_agent in visit:
        yield RawEvent(body, user_agent, address)


def _visits(site: str | None) -> list[Visit]:
    visits: defaultdict[tuple[str, str, str], Visit] = defaultdict(list)
    for hit in sample(DISTINCT_HITS):
        body: Body = hit.body if site is None else hit.body | {"d": site}
        visits[hit.address, hit.user_agent, hit.body["d"]].append(
            (msgspec.json.encode(body), hit.user_agent)
        )
    return list(visits.values())
