"""The front door: names each request, sends events to the collector and the rest to Flask."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from random import getrandbits
from time import perf_counter
from typing import TYPE_CHECKING, Any

import structlog

from mallard import logs
from mallard.ingest import collect
from mallard.ingest.addresses import TrustedProxies
from mallard.metrics import Metrics
from mallard.web.base_path import BasePath, logged
from mallard.web.headers import FRAME_OPTIONS, FRAMED, ON_EVERY_ANSWER, OVER_HTTPS
from mallard.web.monitoring import ROUTE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = structlog.get_logger("mallard.web")

_CLIENT_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
OTHER = "other"
"""What a route or method of the client's invention is measured as: there is no end of them."""

_FAILURE = b'{"error": "internal error"}'


class FrontDoor:
    """The outermost WSGI application."""

    def __init__(
        self,
        collector: WSGIApplication,
        pages: WSGIApplication,
        is_https: Callable[[WSGIEnvironment], bool] = lambda _environ: False,
        metrics: Metrics | None = None,
        base_path: BasePath | None = None,
    ) -> None:
        self._collector = collector
        self._pages = pages
        self._requests = (metrics or Metrics()).requests
        self._is_https = is_https
        self._base_path = base_path or BasePath("", TrustedProxies([]))

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        named = request_id(environ.get("HTTP_X_REQUEST_ID"))
        always = [*ON_EVERY_ANSWER, ("X-Request-ID", named)]
        if self._is_https(environ):
            always += OVER_HTTPS

        if self._base_path.applies_to(environ):
            self._base_path.note(environ)
        begun = perf_counter()
        answered = ""

        def start_with_headers(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None, /
        ) -> Any:
            nonlocal answered
            answered = status
            own = always
            if FRAMED in environ:
                own = [one for one in always if one[0] != FRAME_OPTIONS]
            return start(status, headers + own, exc_info)

        token = logs.request_id.set(named)
        try:
            if environ["PATH_INFO"] == collect.PATH:
                return self._collector(environ, start_with_headers)
            return self._pages(environ, start_with_headers)
        except Exception:
            log.exception("A request failed", path=logged(environ["PATH_INFO"]))
            length = ("Content-Length", str(len(_FAILURE)))
            start_with_headers(
                "500 Internal Server Error", [("Content-Type", "application/json"), length]
            )
            return [_FAILURE]
        finally:
            logs.request_id.reset(token)
            self._measure(environ, answered, perf_counter() - begun)

    def _measure(self, environ: WSGIEnvironment, status: str, secs: float) -> None:
        method = environ["REQUEST_METHOD"]
        path = environ["PATH_INFO"]
        route = path if path == collect.PATH else environ.get(ROUTE, OTHER)
        known = method if method in METHODS else OTHER
        self._requests.of(route, known, f"{status[:1]}xx").add(secs)


def request_id(offered: str | None) -> str:
    """The client's id for a request, if it is a fit one, else one of ours."""
    if offered is not None and _CLIENT_ID.fullmatch(offered):
        return offered
    # A UUID of version 4 from an ordinary generator: it is no secret, and uuid4 asks the kernel.
    digits = f"{getrandbits(128):032x}"  # nosec B311
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"
