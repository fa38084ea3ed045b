"""The WSGI end of `/api/event`: the hot path, without Flask."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from mallard.ingest.addresses import TrustedProxies
from mallard.ingest.intake import Intake
from mallard.ingest.pipeline import RawEvent
from mallard.ingest.refusals import Rejected
from mallard.ingest.submission import MAX_BODY_BYTES
from mallard.model import Dropped, DropReason
from mallard.texts.said import said

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PATH = "/api/event"
GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
"""One transparent pixel, 43 bytes."""

STATUS = {
    202: "202 Accepted",
    204: "204 No Content",
    400: "400 Bad Request",
    403: "403 Forbidden",
    405: "405 Method Not Allowed",
    413: "413 Content Too Large",
    422: "422 Unprocessable Content",
    429: "429 Too Many Requests",
    503: "503 Service Unavailable",
}

Headers = list[tuple[str, str]]
CORS: Headers = [("Access-Control-Allow-Origin", "*")]
PREFLIGHT: Headers = [
    ("Access-Control-Allow-Methods", "POST"),
    ("Access-Control-Allow-Headers", "Content-Type"),
    ("Access-Control-Max-Age", "86400"),
]
MAX_QUERY_FIELDS = 100
IGNORED = "this browser is to be ignored from now on"
"""As in tracker_help.js."""


class Collector:
    """Answers POST (an event as JSON), GET (the pixel) and OPTIONS (a preflight)."""

    def __init__(self, intake: Intake, proxies: TrustedProxies) -> None:
        self._intake = intake
        self._proxies = proxies

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        method, cors = environ["REQUEST_METHOD"], self.cors(environ)
        if method == "POST":
            return self._post(environ, start, cors)
        if method in ("GET", "HEAD"):
            return self._pixel(environ, start, cors)
        if method == "OPTIONS":
            return _answer(start, 204, self.preflight(environ) + cors)
        refusal = Rejected(405, said("use POST, or GET for the pixel"))
        return _refuse(start, refusal, [("Allow", ALLOW), *cors])

    def take(self, environ: WSGIEnvironment) -> Dropped | None:
        """Takes in what was posted; why it was left out. Raises Rejected, and counts it."""
        try:
            return self._intake.take(raw_event(environ, body_of(environ), self._proxies))
        except Rejected as rejected:
            self._intake.refuse(rejected)
            raise

    def cors(self, environ: WSGIEnvironment) -> Headers:
        """The headers with which every page may see the answer."""
        return CORS

    def preflight(self, environ: WSGIEnvironment) -> Headers:
        """What a page may send, beside what it may send unasked."""
        return PREFLIGHT

    def _post(
        self, environ: WSGIEnvironment, start: StartResponse, cors: Headers
    ) -> Iterable[bytes]:
        try:
            dropped = self.take(environ)
        except Rejected as rejected:
            return _refuse(start, rejected, cors)
        if dropped is not None and dropped.reason is DropReason.IGNORE_ME:
            return _ignore(start, cors)
        why = [("X-Mallard-Dropped", str(dropped.reason))] if dropped else []
        return _answer(start, 202, why + cors)

    def _pixel(
        self, environ: WSGIEnvironment, start: StartResponse, cors: Headers
    ) -> Iterable[bytes]:
        """Always the picture, so that no page ever shows a broken one."""
        headers = [
            ("Content-Type", "image/gif"),
            ("Content-Length", str(len(GIF))),
            ("Cache-Control", "no-store"),
        ]
        if environ["REQUEST_METHOD"] == "GET":
            try:
                raw = raw_event(environ, params_of(environ), self._proxies)
                dropped = self._intake.take(raw)
            except Rejected as rejected:
                self._intake.refuse(rejected)
            else:
                headers += [("X-Mallard-Dropped", dropped.reason)] if dropped else []
        start("200 OK", headers + cors)
        return [GIF] if environ["REQUEST_METHOD"] == "GET" else []


ALLOW = "GET, HEAD, OPTIONS, POST"


def raw_event(
    environ: WSGIEnvironment, content: bytes | dict[str, str], proxies: TrustedProxies
) -> RawEvent:
    """What a request tells, with `content` as its body or its parameters."""
    return RawEvent(
        content=content,
        user_agent=environ.get("HTTP_USER_AGENT", ""),
        address=proxies.client_of(environ),
        origin=environ.get("HTTP_ORIGIN"),
        opted_out="1" in (environ.get("HTTP_SEC_GPC"), environ.get("HTTP_DNT")),
        country=proxies.country_of(environ),
    )


def body_of(environ: WSGIEnvironment) -> bytes:
    """The request's body; the server has read it whole and set its length."""
    length = environ.get("CONTENT_LENGTH") or "0"
    if int(length) > MAX_BODY_BYTES:
        raise Rejected(
            413,
            said("the body is larger than %(most)s bytes", most=MAX_BODY_BYTES),
        )
    body: bytes = environ["wsgi.input"].read(int(length))
    return body


def params_of(environ: WSGIEnvironment) -> dict[str, str]:
    """The first value of each query parameter."""
    query = environ.get("QUERY_STRING", "")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_QUERY_FIELDS)
    except ValueError:
        raise Rejected(
            400,
            said(
                "the query has more than %(most)s parameters",
                most=MAX_QUERY_FIELDS,
            ),
        ) from None
    return dict(reversed(pairs))


def _answer(start: StartResponse, status: int, headers: Headers) -> Iterable[bytes]:
    start(STATUS[status], [("Content-Length", "0"), *headers])
    return []


def _ignore(start: StartResponse, cors: Headers) -> Iterable[bytes]:
    """No success, so that the tracking script hands it to its second part, which looks for this."""
    why = ("X-Mallard-Dropped", str(DropReason.IGNORE_ME))
    return _refuse(start, Rejected(403, IGNORED), [why, *cors])


def _refuse(start: StartResponse, rejected: Rejected, headers: Headers) -> Iterable[bytes]:
    body = json.dumps({"error": rejected.reason}).encode()
    sent = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    if rejected.retry_after_secs is not None:
        sent.append(("Retry-After", str(rejected.retry_after_secs)))
    start(STATUS[rejected.status], sent + headers)
    return [body]
