"""Caddy's access log: a JSON object a line, among other messages of the server."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from mallard.model import EPOCH, Event
from mallard.texts.said import said, within
from mallard.transfer.histories.logs import PageViews, Request, host_of
from mallard.transfer.histories.told import Told
from mallard.transfer.rows import BadRow, LeftOut

Headers = Mapping[str, list[str]]


class Asked(msgspec.Struct):
    """What of a request is read. Older versions tell only `remote_addr`, with the port."""

    method: str = ""
    host: str = ""
    uri: str = ""
    client_ip: str = ""
    remote_ip: str = ""
    remote_addr: str = ""
    headers: Headers = {}


class Line(msgspec.Struct):
    """What of a line is read."""

    ts: float | str
    request: Asked | None = None
    status: int = 0
    resp_headers: Headers = {}


_decoder = msgspec.json.Decoder(Line)


class Caddy:
    """Reads its lines."""

    def __init__(self, told: Told) -> None:
        self._views = PageViews(told)

    def __call__(self, number: int, text: str) -> Event:
        """The event of a line. Raises BadRow and LeftOut."""
        try:
            line = _decoder.decode(text)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise BadRow(within(said("the line is none of Caddy's access log"), error)) from None
        asked = line.request
        if asked is None or not line.status:
            raise LeftOut(said("other messages of the server"))
        return self._views.event(
            Request(
                at=_moment(line.ts),
                address=asked.client_ip or asked.remote_ip or host_of(asked.remote_addr),
                method=asked.method,
                host=asked.host or None,
                target=asked.uri,
                status=line.status,
                referrer=_first(asked.headers, "Referer"),
                user_agent=_first(asked.headers, "User-Agent"),
                content_type=_first(line.resp_headers, "Content-Type") or None,
            )
        )


def is_line(keys: frozenset[str]) -> bool:
    """Whether a JSON object with these keys is one of an access log."""
    return {"ts", "request", "status"} <= keys


def _first(headers: Headers, name: str) -> str:
    return next(iter(headers.get(name, ())), "")


def _moment(ts: float | str) -> datetime:
    """Seconds since 1970, or milliseconds or nanoseconds of them, or a text with a time zone."""
    try:
        if isinstance(ts, str):
            found = datetime.fromisoformat(ts)
            return found if found.tzinfo else found.replace(tzinfo=UTC)
        per_second = 1e9 if ts > 1e17 else 1e3 if ts > 1e11 else 1
        return EPOCH + timedelta(microseconds=round(ts / per_second * 1e6))
    except (ValueError, OverflowError):
        raise BadRow(within(said("ts is not a time"), repr(str(ts)[:40]))) from None
