"""How connections are read: what is no request gets an answer in our form, and no log an address.

waitress answers what it cannot parse by itself, before any application sees it.
"""

from __future__ import annotations

import json
import select
import socket
from collections.abc import Iterable
from time import monotonic
from typing import Any, cast

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import Error

from mallard.incoming import Request
from mallard.model import BrokenOff
from mallard.patience import STREAMS, send_all
from mallard.web.front_door import request_id
from mallard.web.headers import ON_EVERY_ANSWER
from mallard.web.rates import TURNED_AWAY

SENT_IN_A_TURN = 1 << 20
"""Bytes that one client is sent before others have their turn."""

READ_AT_ONCE = 1 << 18
"""Bytes of an answer that are read, to be sent, at once."""


def close_silent(channels: Iterable[Channel], since: float) -> None:
    """Closes connections that have been silent since then, unless their answer is being made.

    That is so too when the client takes nothing of an answer that is under way: each of these holds
    a thread.
    """
    for channel in channels:
        if channel.last_activity < since and (channel.is_idle or channel.total_outbufs_len):
            channel.handle_close()


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

    channel: Channel
    request: Request  # type: ignore[assignment]  # the stubs take it for its error

    def get_environment(self) -> dict[str, Any]:
        """The environment of the request, which says, too, when it is turned away."""
        environ: dict[str, Any] = super().get_environment()
        if self.request.is_turned_away:
            environ[TURNED_AWAY] = True
        return environ

    def write(self, data: bytes) -> None:
        """Writes a piece; one of a stream is waited for until the client has it."""
        if not self.environ or STREAMS not in self.environ:
            super().write(data)
            return
        self.channel.is_patient = True
        try:
            super().write(data)
        finally:
            self.channel.is_patient = False

    def service(self) -> None:
        """Answers. What has broken off is not ended as if it were whole."""
        try:
            super().service()
        except BrokenOff:
            self.close_on_finish = True
        self.channel.answered += 1
        if self.channel.is_leaving:
            self.close_on_finish = True

    def build_response_header(self) -> bytes:
        """The head of the answer, which says when it is the connection's last one."""
        if self.channel.is_leaving:
            cast(dict[str, str], self.request.headers)["CONNECTION"] = "close"
        head: bytes = super().build_response_header()
        return head

    def finish(self) -> None:
        """Ends a body of unknown length; an answer to HEAD has none to end."""
        if self.request.is_head:
            self.write(b"")
            self.chunked_response = False
        super().finish()


class Channel(HTTPChannel):
    """A connection."""

    parser_class = Request
    task_class = Answer
    error_task_class = Refusal
    client: str | None = None
    """What the client is counted under; None for a proxy of ours, which speaks for many."""
    _active_at = 0.0
    _begun = 0.0
    """When the first byte of the unfinished request came."""
    answered = 0
    """How many requests of it have been."""
    is_leaving = False
    """Whether it is closed after the answer that is being made, however much else it asks for."""
    is_patient = False
    """Whether what is written is sent at once, and waited for."""
    _left: int | None = None
    """How many bytes may be sent in this turn, where there is a limit."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        # What is read of a file and finds no room is read again.
        self.sendbuf_len = min(self.sendbuf_len, READ_AT_ONCE)

    @property
    def last_activity(self) -> float:
        """When data last came or went, on the monotonic clock."""
        return self._active_at

    @last_activity.setter
    def last_activity(self, _: float) -> None:
        """waitress gives the time of the wall clock, which may be set back."""
        self._active_at = monotonic()

    @property
    def is_idle(self) -> bool:
        """Whether no request of it waits or is being served; one that is not whole is none."""
        return not self.requests

    @property
    def has_sent_more(self) -> bool:
        """Whether there is something to read."""
        sockets = select.poll()
        if self.socket:
            sockets.register(self.socket, select.POLLIN)
        return bool(sockets.poll(0))

    def service(self) -> None:
        """Answers the next request; not one that has waited for long and nobody waits for any more.

        The socket is not read meanwhile, so nobody else would notice.
        """
        if cast(Request, self.requests[0]).has_waited and self._has_hung_up:
            self.connected = False
        super().service()

    @property
    def _has_hung_up(self) -> bool:
        if self.socket is None:
            return True
        try:
            return not self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def received(self, data: bytes) -> bool:
        """Takes what came. A request has to be whole in the time that a silent client has.

        Else a client could hold a connection for ever by a byte now and then.
        """
        unfinished = self.request
        is_taken = super().received(data)
        if self.request is not unfinished:
            self._begun = monotonic()
        if self.request is not None:
            self._active_at = self._begun
        return is_taken

    def write_soon(self, data: Any) -> int:
        """Sends part of an answer: from the first one on the client is waited for, not before.

        However long the answer took, whoever waited for it has done nothing wrong.
        """
        if not self.total_outbufs_len:
            self._active_at = monotonic()
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
