"""What Plausible's trackers and clients post to `/api/event` becomes our events.

They have long names beside the short ones, several sites in one event, and none at all; and what of
an event does not fit is left out there, where our own API refuses the event.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from mallard.ingest.collect import Collector, Headers, body_of, raw_event
from mallard.ingest.long_names import parse_long_names
from mallard.ingest.pipeline import RawEvent
from mallard.ingest.refusals import Missing, Rejected
from mallard.ingest.revenue import revenue
from mallard.ingest.submission import MAX_PROPS, MAX_URL, Submission
from mallard.ingest.urls import BadUrl, split_url
from mallard.model import Dropped
from mallard.peers import answers
from mallard.texts.said import said, within

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MOST_PROPS = 30
MOST_SITES = 30
NEVER_A_PAGE = "data"
"""A scheme whose addresses are contents, not places."""


class PlausibleCollector(Collector):
    """Answers at our own address whatever Plausible's clients send there."""

    def take(self, environ: WSGIEnvironment) -> Dropped | None:
        """Takes the event in for each of its sites, or for none where it cannot be stored.

        Why it was left out, if no site took it. Raises Rejected if all refuse it, and counts it.
        """
        try:
            found = self._read(environ)
        except Rejected as rejected:
            self._intake.refuse(rejected)
            raise
        if isinstance(found, Dropped):
            self._intake.tally.add(f"dropped_{found.reason}")
            return found
        outcomes = self._intake.take_all(found)
        if None in outcomes:
            return None
        for outcome in outcomes:
            if isinstance(outcome, Dropped):
                return outcome
        raise next(outcome for outcome in outcomes if isinstance(outcome, Rejected))

    def _read(self, environ: WSGIEnvironment) -> list[RawEvent] | Dropped:
        """The events of a request, or why there is none. Raises Rejected."""
        body = body_of(environ)
        raw = raw_event(environ, body, self._proxies)
        self._intake.check_origin(raw.origin)
        found = submissions(body)
        if isinstance(found, Dropped):
            return found
        return [msgspec.structs.replace(raw, content=submission) for submission in found]

    def cors(self, environ: WSGIEnvironment) -> Headers:
        """The headers with which every page may see the answer."""
        return answers.cors(environ)

    def preflight(self, environ: WSGIEnvironment) -> Headers:
        """What a page may send, beside what it may send unasked."""
        return answers.preflight(environ)


def submissions(body: bytes) -> list[Submission] | Dropped:
    """The event of a body once for each of its sites, or why there is none. Raises Rejected."""
    sent = parse_long_names(body)
    if not sent.n:
        raise Missing(422, said("n is missing"))
    if not sent.u:
        raise Missing(422, said("u is missing"))
    amount, currency = _revenue(sent)
    event = msgspec.structs.replace(
        sent,
        r=sent.r[:MAX_URL] if sent.r else None,
        p=_fitting(sent.p),
        ra=amount,
        rc=currency,
        plausible_revenue=None,
    )
    sites = dict.fromkeys(_sites(sent.d) or [_host_of(sent.u)])
    if len(sites) > MOST_SITES:
        raise Rejected(400, said("d names more than %(most)s sites", most=MOST_SITES))
    return [msgspec.structs.replace(event, d=site) for site in sites]


def _sites(domains: str) -> list[str]:
    names = (name.strip().removeprefix("www.") for name in domains.split(","))
    return [name for name in names if name]


def _host_of(url: str) -> str:
    """The site of an event that names none."""
    try:
        found = split_url(url)
    except BadUrl as error:
        raise Rejected(400, within("u (page URL)", error)) from None
    if found.scheme == NEVER_A_PAGE or not found.host:
        raise Missing(422, said("d is missing, and u has no host"))
    return found.host.removeprefix("www.")


def _revenue(sent: Submission) -> tuple[str | None, str | None]:
    """The amount and currency; what is none is left out, and the event counts all the same."""
    try:
        amount, currency = revenue(sent.ra, sent.rc, sent.plausible_revenue)
    except Rejected:
        return None, None
    return (amount, currency) if amount and currency else (amount, None)


def _fitting(props: Any) -> dict[str, Any] | None:
    """The first properties that are one value each, as many as fit."""
    if isinstance(props, str):
        try:
            props = msgspec.json.decode(props)
        except (msgspec.MsgspecError, RecursionError, UnicodeError):
            return None
    if not isinstance(props, dict):
        return None
    kept: dict[str, Any] = {}
    size = len("{}")
    for key, value in _scalars(props):
        size += len(msgspec.json.encode({key: value}).decode()) - len("{}") + len(",")
        if size > MAX_PROPS or len(kept) == MOST_PROPS:
            break
        kept[key] = value
    return kept or None


def _scalars(props: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in props.items():
        if value not in (None, "") and not isinstance(value, dict | list):
            yield key, value
