"""Passes on what an upstream has found: in constant memory, and cut off where it breaks off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import structlog
from flask import Response, request

from mallard.model import BrokenOff
from mallard.patience import STREAMS
from mallard.portal.failures import Failed
from mallard.portal.found import Body, Found, Span
from mallard.portal.recording import Visitor
from mallard.portal.releases import ANYTHING
from mallard.portal.slots import Slots
from mallard.web.client import client_address
from mallard.web.portal.parts import PortalParts

log = structlog.get_logger("mallard.web.portal")

NO_MARKUP = "default-src 'none'; sandbox"
"""What others have written must not act as a page of ours."""


class Passed:
    """A body on its way; closing it lets go of what it holds, its slot included."""

    def __init__(self, body: Body, give_back: Callable[[], None], portal: PortalParts) -> None:
        self._body = body
        self._give_back = give_back
        self._portal = portal

    def __iter__(self) -> Iterator[bytes]:
        """Raises BrokenOff where the rest does not come."""
        try:
            yield from self._body
        except Failed as failed:
            note(self._portal, failed)
            raise BrokenOff from failed

    def close(self) -> None:
        """Ends it, complete or not."""
        try:
            self._body.close()
        finally:
            self._give_back()


def passed_on(
    portal: PortalParts,
    slots: Slots | None,
    fetch: Callable[[], Found],
    record: Callable[[Found], None],
) -> Response:
    """What is fetched, recorded before it goes to the client.

    Raises Busy, NotThere, Failed, and Rejected where it could not be recorded.
    """
    give_back = slots.take() if slots is not None else lambda: None
    try:
        found = fetch()
    except BaseException:
        give_back()
        raise
    body = Passed(found.body, give_back, portal)
    try:
        record(found)
        return _response(found, body)
    except BaseException:
        body.close()
        raise


def _response(found: Found, body: Passed) -> Response:
    response = Response(status=found.status, headers=found.headers)
    response.headers["Content-Type"] = found.headers.get("Content-Type", ANYTHING)
    response.headers["Content-Security-Policy"] = NO_MARKUP
    response.headers.setdefault("Cache-Control", "no-cache")
    response.response = _sendable(found, body)
    response.direct_passthrough = True
    return response


def _sendable(found: Found, body: Passed) -> Any:
    """A file is sent by waitress itself, and takes no thread for as long as that lasts."""
    wrapper = request.environ.get("wsgi.file_wrapper")
    if wrapper and isinstance(found.body, Span):
        return wrapper(found.body.file)
    request.environ[STREAMS] = True
    return body


def note(portal: PortalParts, failed: Failed) -> None:
    """Counts a failure by its reason, and tells the operator."""
    portal.count(f"portal_failed_{failed.reason}")
    log.warning("An upstream failed", reason=str(failed.reason), detail=failed.detail)


def visitor() -> Visitor:
    """Who asks."""
    headers = request.headers
    opted_out = "1" in (headers.get("Sec-GPC"), headers.get("DNT"))
    return Visitor(client_address(), headers.get("User-Agent", ""), opted_out)


def asked_headers() -> dict[str, str]:
    """The headers of the request, by their names in lower case."""
    return {name.lower(): value for name, value in request.headers.items()}
