"""The demo's traffic: every site's events in one stream, strictly in order of time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter

from mallard.demo.acme import ACME
from mallard.demo.crowd import Arrival, Crowd
from mallard.demo.garden import GARDEN
from mallard.demo.rhythm import Calendar
from mallard.demo.sessions import Body
from mallard.model import EPOCH

SITES = (ACME, GARDEN)

_TIME = itemgetter(0)


@dataclass(frozen=True, slots=True)
class Hit:
    """One request to POST /api/event: when, from which address and browser, and its body."""

    at: datetime
    address: str
    user_agent: str
    body: Body


def hits(seed: int, events: int, days: int, until: datetime) -> Iterator[Hit]:
    """Exactly `events` hits on the last `days` UTC days, the day of `until` included.

    The same arguments give the same hits, whenever and wherever; one day is held at a time.
    """
    calendar = Calendar(days, until)
    crowds = [Crowd(site, calendar, seed) for site in SITES]
    shares = [share for crowd in crowds for share in crowd.daily_shares()]
    counts = apportion(events, shares)
    waiting: list[Arrival] = []
    latest = 0
    for day in range(days):
        for number, crowd in enumerate(crowds):
            waiting += crowd.arrivals(day, counts[number * days + day])
        waiting.sort(key=_TIME)
        done = bisect_left(waiting, calendar.start_of(day + 1), key=_TIME)
        for at, visitor, body in waiting[:done]:
            latest = max(at, latest + 1)
            moment = EPOCH + timedelta(microseconds=latest)
            yield Hit(moment, visitor.address, visitor.browser.user_agent, body)
        del waiting[:done]


def apportion(total: int, shares: Sequence[float]) -> list[int]:
    """Whole numbers in proportion to `shares` that add up to `total`, by largest remainders."""
    scale = total / sum(shares)
    counts = [int(share * scale) for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda n: counts[n] - shares[n] * scale)
    for n in by_remainder[: total - sum(counts)]:
        counts[n] += 1
    return counts
