"""How connections are read: what is no request gets an answer in our form, and no log an address.

waitress answers what it cannot parse by itself, before any application sees it.
"""

from __future__ import annotations

import json
from typing import cast

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask
from waitress.utilities import Error

from mallard.web.front_door import request_id
from mallard.web.headers import ON_EVERY_ANSWER


class Request(HTTPRequestParser):
    """A request as it arrives; one that breaks off early has an empty path, and no reason to fail.

    waitress parses some targets with `urllib`, and lets its errors pass.
    """

    path = ""

    def parse_header(self, header_plus: bytes) -> None:
        """Raises ParsingError, which is answered 400."""
        try:
            super().parse_header(header_plus)
        except ValueError:
            raise ParsingError("Bad target") from None
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            # A proxy in front may believe the other one, and see other requests than we do.
            raise ParsingError("Both Content-Length and Transfer-Encoding")


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


class Channel(HTTPChannel):
    """A connection."""

    parser_class = Request
    error_task_class = Refusal

    def __repr__(self) -> str:
        """How waitress names it in the log: by no means with the client's address."""
        return "<connection>"

    __str__ = __repr__
