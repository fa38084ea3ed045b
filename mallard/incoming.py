"""A request as it arrives, and how much of one is taken before it is known whose it is."""

from __future__ import annotations

import re

from waitress.adjustments import Adjustments
from waitress.buffers import OverflowableBuffer
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.receiver import ChunkedReceiver
from waitress.utilities import BadRequest, RequestHeaderFieldsTooLarge

from mallard.lanes import one_slash
from mallard.web.client import key_of
from mallard.web.factory import MAX_BODY_BYTES

KNOWS_KEY = "knows_key"
"""The attribute of waitress's settings that tells whether an API key is one of ours."""

TAKES_LARGE = "takes_large"
"""The one that tells whether a path takes large bodies of anybody, as the portal's clones do."""

MAX_HEADER_BYTES = 16_384
MAX_HEADER_LINES = 100
MAX_BETWEEN_CHUNKS = 1024
"""So long may a chunk's size with its extensions be, and what follows the last chunk."""

_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])?(?::[0-9]{0,5})?")


def _none(_: str | None) -> bool:
    return False


class Beginning(OverflowableBuffer):
    """Keeps of a body what shows that it is too large, in memory; the rest is let go."""

    def __init__(self) -> None:
        super().__init__(MAX_BODY_BYTES + 2)

    def append(self, s: bytes) -> None:
        """Takes what there is room for."""
        room = MAX_BODY_BYTES + 1 - len(self)
        if room > 0:
            super().append(s[:room])


class Chunks(ChunkedReceiver):
    """Takes a body in chunks, and does not let what is between them grow.

    waitress keeps that until it is whole, and looks at all of it each time.
    """

    def received(self, s: bytes) -> int:
        """Takes what came; how much of it belongs to the body."""
        taken = super().received(s)
        if max(len(self.control_line), len(self.trailer)) > MAX_BETWEEN_CHUNKS:
            self.error = BadRequest("Too much between chunks")
        return taken


class Request(HTTPRequestParser):
    """A request as it arrives; one that breaks off early has an empty path, and no reason to fail.

    waitress parses some targets with `urllib`, and lets its errors pass.
    """

    adj: Adjustments
    path = ""
    is_turned_away = False
    """Whether it waited with too many others, and is only told so."""
    has_waited = False
    """Whether it has been in a queue so long that its client may have gone meanwhile."""

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
        if header_plus.count(b"\n") - 2 > MAX_HEADER_LINES:
            super().parse_header(b"GET / HTTP/1.0\r\n")
            self.path = ""
            self.error = RequestHeaderFieldsTooLarge(f"more than {MAX_HEADER_LINES} lines")
            return
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
        if self.chunked:
            self.body_rcv = Chunks(self._room_for_body())
        elif self.body_rcv is not None and self.content_length > MAX_BODY_BYTES:
            self.body_rcv.buf = self._room_for_body()

    def _room_for_body(self) -> OverflowableBuffer:
        """Memory for the whole body of who has a key of ours, which may hold addresses: no file.

        Of a stranger's nothing is kept that could only be refused. Small ones are no file anyway.
        """
        keys = (self.headers.get(name, "") for name in ("AUTHORIZATION", "X_API_KEY"))
        if getattr(self.adj, KNOWS_KEY, _none)(key_of(*keys)):
            return OverflowableBuffer(self.adj.max_request_body_size + 1)
        if getattr(self.adj, TAKES_LARGE, _none)(one_slash(self.path)):
            return OverflowableBuffer(self.adj.inbuf_overflow)
        return Beginning()
