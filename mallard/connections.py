"""How connections are read: what is no request gets an answer in our form, and no log an address.

waitress answers what it cannot parse by itself, before any application sees it.
"""

from __future__ import annotations

import json
import re
import resource
import time
from collections.abc import Iterable
from typing import Any, cast

from waitress.buffers import OverflowableBuffer
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import Error

from mallard.model import BrokenOff
from mallard.patience import STREAMS, send_all
from mallard.web.client import key_of
from mallard.web.front_door import request_id
from mallard.web.headers import ON_EVERY_ANSWER

KNOWS_KEY = "knows_key"
"""The attribute of waitress's settings that tells whether an API key is one of ours."""

FILES_BESIDE = 1024
"""So many files may be open beside the connections."""

SENT_IN_A_TURN = 1 << 20
"""Bytes that one client is sent before others have their turn."""

READ_AT_ONCE = 1 << 18
"""Bytes of an answer that are read, to be sent, at once."""

_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])?(?::[0-9]{0,5})?")


def make_room(connections: int) -> None:
    """Lets this process have so many connections and its files besides, if the system allows it.

    Where 1,024 are the limit of both, idle connections could keep reports from their files.
    """
    wanted = connections + FILES_BESIDE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _knows_none(_: str | None) -> bool:
    return False


def close_stalled(channels: Iterable[HTTPChannel], silent_since: float) -> None:
    """Closes connections whose clients have taken nothing of an answer since then.

    waitress closes none while an answer is under way, and each of these holds a thread.
    """
    for channel in channels:
        if channel.total_outbufs_len and channel.last_activity < silent_since:
            channel.handle_close()


class Request(HTTPRequestParser):
    """A request as it arrives; one that breaks off early has an empty path, and no reason to fail.

    waitress parses some targets with `urllib`, and lets its errors pass.
    """

    path = ""

    @property
    def is_head(self) -> bool:
        """Whether the answer may have no body."""
        return str(self.command) == "HEAD"

    @property
    def is_post(self) -> bool:
        """Whether it wants something done."""
        return str(self.command) == "POST"

    def parse_header(self, header_plus: bytes) -> None:
        """Raises ParsingError, which is answered 400."""
        try:
            super().parse_header(header_plus)
        except ValueError:
            raise ParsingError("Bad target") from None
        # A proxy in front may read any of these in another way, and see other requests than we do.
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("Both Content-Length and Transfer-Encoding")
        if not self.chunked and "TRANSFER_ENCODING" in self.headers:
            raise ParsingError("Transfer-Encoding before HTTP/1.1")
        if not _HOST.fullmatch(self.headers.get("HOST", "")):
            raise ParsingError("Bad Host")
        if self.body_rcv is not None and self._is_trusted():
            self.body_rcv.buf = OverflowableBuffer(self.adj.max_request_body_size + 1)

    def _is_trusted(self) -> bool:
        """Whether a key of ours is there: then its body, which may hold addresses, is no file.

        Strangers' large bodies are: they are refused unread, and must not fill the memory.
        """
        keys = (self.headers.get(name, "") for name in ("AUTHORIZATION", "X_API_KEY"))
        return bool(getattr(self.adj, KNOWS_KEY, _knows_none)(key_of(*keys)))


class Refusal(ErrorTask):
    """The answer to what is no request."""

    def execute(self) -> None:
        """Answers in JSON, with the headers of every answer, and closes the connection."""
        # The stubs take the request for its error, which is there whenever this runs.
        error = cast(Error, cast(HTTPRequestParser, self.request).error)
        body = json.dumps({"error": f"{error.reason}: {error.body}"}).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers = [
            ("Content-Type", "application/json"),
            *ON_EVERY_ANSWER,
            ("X-Request-ID", request_id(None)),
        ]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Answer(WSGITask):
    """The answer of the application."""

    def write(self, data: bytes) -> None:
        """Writes a piece; one of a stream is waited for until the client has it."""
        channel = cast(Channel, self.channel)
        channel.is_patient = STREAMS in self.get_environment()
        try:
            super().write(data)
        finally:
            channel.is_patient = False

    def service(self) -> None:
        """Answers. What has broken off is not ended as if it were whole."""
        try:
            super().service()
        except BrokenOff:
            self.close_on_finish = True

    def finish(self) -> None:
        """Ends a body of unknown length; an answer to HEAD has none to end."""
        if cast(Request, self.request).is_head:
            self.write(b"")
            self.chunked_response = False
        super().finish()


class Channel(HTTPChannel):
    """A connection."""

    parser_class = Request
    task_class = Answer
    error_task_class = Refusal
    _begun = 0.0
    """When the first byte of the unfinished request came."""
    is_patient = False
    """Whether what is written is sent at once, and waited for."""
    _left: int | None = None
    """How many bytes may be sent in this turn, where there is a limit."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        # What is read of a file and finds no room is read again.
        self.sendbuf_len = min(self.sendbuf_len, READ_AT_ONCE)

    def received(self, data: bytes) -> bool:
        """Takes what came. A request has to be whole in the time that a silent client has.

        Else a client could hold a connection for ever by a byte now and then.
        """
        unfinished = self.request
        is_taken = super().received(data)
        if self.request is not unfinished:
            self._begun = time.time()
        if self.request is not None:
            self.last_activity = self._begun
        return is_taken

    def write_soon(self, data: Any) -> int:
        """Sends part of an answer: from the first one on the client is waited for, not before.

        However long the answer took, whoever waited for it has done nothing wrong.
        """
        if not self.total_outbufs_len:
            self.last_activity = time.time()
        if self.is_patient:
            send_all(self, data)
            return len(data)
        written: int = super().write_soon(data)
        return written

    def handle_write(self) -> None:
        """Sends some of what waits; more in the next turn.

        A client may take a large file as quickly as it is read, and the others wait meanwhile.
        """
        self._left = SENT_IN_A_TURN
        try:
            super().handle_write()
        finally:
            self._left = None

    def send(self, data: bytes, do_close: bool = True) -> int:
        """Sends as much as there is room for, and turn; how much that was."""
        if not data:
            # A file has become shorter since its length was told.
            self.will_close = True
            return 0
        # Other threads send, too: the limit may come and go meanwhile.
        left = self._left
        if left is None:
            return int(super().send(data, do_close))
        sent = int(super().send(data[:left], do_close)) if left else 0
        self._left = left - sent
        return sent

    def __repr__(self) -> str:
        """How waitress names it in the log: by no means with the client's address."""
        return "<connection>"

    __str__ = __repr__
