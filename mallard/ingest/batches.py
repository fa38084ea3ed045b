"""Many events in one request, as servers and importers send them, each treated as a single one.

The body is a JSON array of events, or JSON lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType
from msgspec.json import Decoder

from mallard.ingest.addresses import TrustedProxies
from mallard.ingest.intake import Intake, Outcome
from mallard.ingest.pipeline import RawEvent, Teller
from mallard.ingest.refusals import Malformed, Rejected
from mallard.ingest.submission import Submission, parse_json
from mallard.model import Dropped
from mallard.texts.said import said, within

MAX_BATCH_BYTES = 4 << 20
MAX_EVENTS = 1_000

_BLANKS = b" \t\r\n"


class BatchEvent(Submission):
    """One event of several: as a single one, and what only its browser could tell."""

    timestamp: Annotated[
        Annotated[datetime, Meta(tz=True)] | None,
        Meta(
            description="When it happened, as RFC 3339 says, with an offset or Z; not more than"
            " five minutes ahead. Absent: now."
        ),
    ] = None
    client_ip: Annotated[
        str | None,
        Meta(description="The visitor's address, which is never stored. Absent: the sender's."),
    ] = None
    user_agent: Annotated[
        str | None, Meta(description="The visitor's user agent. Absent: the sender's.")
    ] = None


@dataclass(frozen=True, slots=True)
class Sender:
    """The request in which a batch came, for the events that say nothing else themselves."""

    address: str
    user_agent: str
    origin: str | None = None
    may_tell_of: Callable[[str], bool] = lambda _site: True
    """Whether it may send events for a site."""


class ItemError(msgspec.Struct, frozen=True):
    """Why an event of a batch was refused."""

    index: int
    """Its place in the batch, from 0."""
    error: str


class Taken(msgspec.Struct, frozen=True):
    """What became of the events of a batch."""

    accepted: int
    dropped: int
    """So many were left out on purpose: robots, and others that are not to be counted."""
    errors: list[ItemError]


_item = Decoder(BatchEvent)
_items = Decoder(list[BatchEvent])
# One place more than allowed. What lies beyond is skipped, and takes no memory.
_Spread: Any = msgspec.defstruct(
    "_Spread",
    [(f"at_{place}", Raw | UnsetType, UNSET) for place in range(MAX_EVENTS + 1)],
    array_like=True,
)
_spread: Decoder[Any] = Decoder(_Spread)


class Batches:
    """Takes batches in."""

    def __init__(self, intake: Intake, proxies: TrustedProxies) -> None:
        self._intake = intake
        self._proxies = proxies

    def take(self, body: bytes, sender: Sender) -> Taken:
        """What became of the events, once those that are accepted are on the journal.

        Raises Rejected when the batch as a whole is refused; then nothing of it is stored.
        """
        try:
            items = self._read(body, sender)
        except Rejected as rejected:
            self._intake.refuse(rejected)
            raise
        outcomes = self._intake.take_all(self._raw_events(items, sender))
        _check_rates(outcomes)
        return summed_up(outcomes)

    def _read(self, body: bytes, sender: Sender) -> list[BatchEvent | Rejected]:
        if len(body) > MAX_BATCH_BYTES:
            raise Rejected(
                413,
                said(
                    "the body is larger than %(most)s bytes",
                    most=MAX_BATCH_BYTES,
                ),
            )
        self._intake.check_origin(sender.origin)
        return parse_batch(body)

    def _raw_events(
        self, items: list[BatchEvent | Rejected], sender: Sender
    ) -> Iterator[RawEvent | Rejected]:
        for item in items:
            if isinstance(item, Rejected):
                yield item
            elif (address := self._address(item, sender)) is None:
                yield Rejected(400, said("client_ip is not an IP address"))
            elif not sender.may_tell_of(item.d):
                yield Rejected(403, said("d (site): this key is not for the site"))
            else:
                agent = sender.user_agent if item.user_agent is None else item.user_agent
                yield RawEvent(item, agent, address, at=item.timestamp, teller=Teller.KEY_HOLDER)

    def _address(self, item: BatchEvent, sender: Sender) -> str | None:
        if item.client_ip is None:
            return sender.address
        hop = self._proxies.hop(item.client_ip)
        return hop.address if hop else None


def summed_up(outcomes: Sequence[Outcome]) -> Taken:
    """What became of the events of a batch, in their order."""
    errors = [
        ItemError(index, outcome.reason)
        for index, outcome in enumerate(outcomes)
        if isinstance(outcome, Rejected)
    ]
    dropped = sum(isinstance(outcome, Dropped) for outcome in outcomes)
    return Taken(len(outcomes) - dropped - len(errors), dropped, errors)


def parse_batch(body: bytes) -> list[BatchEvent | Rejected]:
    """The events of a body, 1 to MAX_EVENTS, and in the places of bad ones what is wrong.

    Raises Rejected with 400 (no JSON), 422 (JSON of another form) or 413 (too many events).
    """
    is_array = body.lstrip(_BLANKS)[:1] == b"["
    items = _parse_array(body) if is_array else _parse_lines(body)
    if len(items) > MAX_EVENTS:
        raise Rejected(413, said("the body holds more than %(most)s events", most=MAX_EVENTS))
    if not items:
        raise Rejected(422, said("the body holds no event"))
    return items


def _parse_array(body: bytes) -> list[BatchEvent | Rejected]:
    try:
        text = body.decode()
        try:
            return [*_items.decode(text)]
        except msgspec.ValidationError:
            pieces = msgspec.structs.astuple(_spread.decode(text))
    except RecursionError:
        raise Rejected(400, said("the body is not valid JSON: it is nested too deeply")) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(400, within(said("the body is not valid JSON"), error)) from None
    return [_parse_item(bytes(piece)) for piece in pieces if piece is not UNSET]


def _parse_lines(body: bytes) -> list[BatchEvent | Rejected]:
    items = []
    is_some_object = False
    for line in _lines(body):
        items.append(item := _parse_item(line))
        is_some_object |= line.startswith(b"{") and not isinstance(item, Malformed)
    if not is_some_object:
        _refuse_whole(body)
    return items


def _lines(body: bytes) -> Iterator[bytes]:
    """The lines that are not blank, and no more of them than it takes to see that they are many."""
    found = 0
    for line in BytesIO(body):
        if stripped := line.strip(_BLANKS):
            found += 1
            yield stripped
        if found > MAX_EVENTS:
            return


def _parse_item(json: bytes) -> BatchEvent | Rejected:
    try:
        return parse_json(json, _item, "the event")
    except Rejected as rejected:
        return rejected


def _refuse_whole(body: bytes) -> None:
    """Raises Rejected for a body without any object on a line of its own."""
    try:
        msgspec.json.decode(body.decode(), type=Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        is_json = any(not isinstance(_parse_item(line), Malformed) for line in _lines(body))
        if not is_json:
            raise Malformed(400, within(said("the body is not valid JSON"), error)) from None
    raise Rejected(422, said("the body must be a JSON array of events, or one event a line"))


def _check_rates(outcomes: list[Outcome]) -> None:
    """Raises Rejected with 429 when every event came too soon."""
    waits = [
        outcome.retry_after_secs or 1
        for outcome in outcomes
        if isinstance(outcome, Rejected) and outcome.status == 429
    ]
    if len(waits) == len(outcomes):
        raise Rejected(429, said("each of these events is over a rate limit"), max(waits))
