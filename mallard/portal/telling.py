"""What host applications tell: that tools and the catalog were used, one event or many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Raw

from mallard.ingest.addresses import TrustedProxies
from mallard.ingest.batches import MAX_BATCH_BYTES, MAX_EVENTS, Sender
from mallard.ingest.intake import Outcome
from mallard.ingest.refusals import Rejected
from mallard.ingest.submission import parse_json
from mallard.portal.recording import Happening, Name, Recorder, Visitor
from mallard.texts.said import said, within

TOOL_EVENTS = {"upload": Name.TOOL_UPLOAD, "download": Name.TOOL_DOWNLOAD}
CATALOG_EVENTS = {name.value: name for name in (Name.CATEGORY_VIEW, Name.SEARCH, Name.DIFF_VIEW)}
MAX_DETAIL = 512
"""So much of a detail is kept."""


class Told(msgspec.Struct):
    """Whom an event is of: taken from the request that the host application served."""

    event: str
    client_ip: str | None = None
    user_agent: str | None = None


class ToolUsage(Told, kw_only=True):
    """A file that went into a tool, or came out of it."""

    tool: str


class Interaction(Told, kw_only=True):
    """What somebody looked at or for in the catalog; only a search has a `result_count`."""

    detail: str
    result_count: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None


T = TypeVar("T", bound=Told)
Read = Callable[[T, Visitor], Happening]

_many = msgspec.json.Decoder(list[Raw])
_tool_usage = msgspec.json.Decoder(ToolUsage)
_interaction = msgspec.json.Decoder(Interaction)


def is_many(body: bytes) -> bool:
    """Whether a body is an array of events, not a single one."""
    return body.lstrip(b" \t\r\n")[:1] == b"["


class Tellings:
    """Takes in what host applications tell; each body is taken as a whole or not at all."""

    def __init__(self, recorder: Recorder, proxies: TrustedProxies, tools: tuple[str, ...]) -> None:
        self._recorder = recorder
        self._proxies = proxies
        self._tools = tools

    def take_tool_usage(self, body: bytes, sender: Sender) -> list[Outcome]:
        """What became of each event of a body; those that count are on the journal then.

        Raises Rejected for a body that is none, and when nothing can be stored.
        """
        return self._take(body, sender, _tool_usage, self._tool_usage)

    def take_catalog(self, body: bytes, sender: Sender) -> list[Outcome]:
        """The same for what happened in the catalog."""
        return self._take(body, sender, _interaction, _in_catalog)

    def _take(
        self, body: bytes, sender: Sender, decoder: msgspec.json.Decoder[T], read: Read[T]
    ) -> list[Outcome]:
        pieces = _pieces(body)
        return self._recorder.record_all(self._happenings(pieces, sender, decoder, read))

    def _happenings(
        self,
        pieces: list[bytes],
        sender: Sender,
        decoder: msgspec.json.Decoder[T],
        read: Read[T],
    ) -> Iterator[Happening | Rejected]:
        for piece in pieces:
            try:
                told = parse_json(piece, decoder, "the event")
                yield read(told, self._visitor(told, sender))
            except Rejected as rejected:
                yield rejected

    def _visitor(self, told: Told, sender: Sender) -> Visitor:
        agent = sender.user_agent if told.user_agent is None else told.user_agent
        if told.client_ip is None:
            return Visitor(sender.address, agent)
        hop = self._proxies.hop(told.client_ip)
        if hop is None:
            raise Rejected(400, said("client_ip is not an IP address"))
        return Visitor(hop.address, agent)

    def _tool_usage(self, told: ToolUsage, visitor: Visitor) -> Happening:
        if told.tool not in self._tools:
            raise Rejected(
                400,
                within(said("tool must be one of"), ", ".join(self._tools) or "(none is set)"),
            )
        name = _one_of(TOOL_EVENTS, told.event)
        return Happening(name, {"tool": told.tool}, visitor, f"/tools/{told.tool}")


def _in_catalog(told: Interaction, visitor: Visitor) -> Happening:
    name = _one_of(CATALOG_EVENTS, told.event)
    results = told.result_count if name is Name.SEARCH else None
    props = {"detail": told.detail[:MAX_DETAIL], "result_count": results}
    return Happening(name, props, visitor, f"/catalog/{name}")


def _one_of(events: dict[str, Name], event: str) -> Name:
    try:
        return events[event]
    except KeyError:
        raise Rejected(400, within(said("event must be one of"), ", ".join(events))) from None


def _pieces(body: bytes) -> list[bytes]:
    """The JSON of each event. Raises Rejected."""
    if len(body) > MAX_BATCH_BYTES:
        raise Rejected(
            413,
            said("the body is larger than %(most)s bytes", most=MAX_BATCH_BYTES),
        )
    if not is_many(body):
        return [body]
    try:
        pieces = _many.decode(body.decode())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Rejected(400, said("the body is not valid JSON")) from None
    if not 1 <= len(pieces) <= MAX_EVENTS:
        raise Rejected(
            413 if pieces else 422,
            said("the body must hold 1 to %(most)s events", most=MAX_EVENTS),
        )
    return [bytes(piece) for piece in pieces]
