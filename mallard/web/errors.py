"""Errors become answers here: JSON under `/api`, a page elsewhere; details never leave."""

from __future__ import annotations

import errno
from dataclasses import dataclass

import duckdb
import structlog
from flask import Flask, Response, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException, InternalServerError

from mallard.auth.lockout import LockedOut
from mallard.erasure import NotErased
from mallard.history import NotDone
from mallard.ingest.refusals import Rejected
from mallard.model import Unavailable
from mallard.register.aliases import BadAlias
from mallard.register.reading import BadDocument
from mallard.reports.arguments import BadQuery
from mallard.reports.desk import TooBusy
from mallard.texts.catalogue import N_
from mallard.texts.said import words_of
from mallard.web.base_path import logged

log = structlog.get_logger("mallard.web.errors")

BUSY_RETRY_SECS = 5

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)

TITLES = {
    400: N_("This request could not be understood"),
    401: N_("Please sign in"),
    403: N_("You may not do this"),
    404: N_("Page not found"),
    405: N_("This does not work here"),
    413: N_("This was too large"),
    429: N_("Too many requests"),
    500: N_("Something went wrong"),
    502: N_("The other server did not answer"),
    503: N_("This cannot be shown right now"),
    504: N_("This took too long"),
}


SAID_BY_WERKZEUG = (
    N_(
        "The requested URL was not found on the server. If you entered the URL manually please"
        " check your spelling and try again."
    ),
    N_("The method is not allowed for the requested URL."),
    N_(
        "The server encountered an internal error and was unable to complete your request. Either"
        " the server is overloaded or there is an error in the application."
    ),
)
"""What errors say that nobody here has said anything about."""


@dataclass(frozen=True, slots=True)
class Error:
    """What is wrong, for people."""

    error: str


def register(app: Flask) -> None:
    """Gives every kind of error its answer."""
    app.register_error_handler(BadQuery, _bad_query)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(duckdb.OutOfMemoryException, _out_of_memory)
    app.register_error_handler(Unavailable, _unavailable)
    app.register_error_handler(TooBusy, _too_busy)
    app.register_error_handler(NotErased, _not_done)
    app.register_error_handler(NotDone, _not_done)
    app.register_error_handler(BadDocument, _bad_document)
    app.register_error_handler(BadAlias, _bad_alias)
    app.register_error_handler(LockedOut, _locked_out)
    app.register_error_handler(Rejected, _rejected)
    app.register_error_handler(OSError, _os_error)
    app.register_error_handler(Exception, _failure)


def answer(status: int, message: str) -> Response:
    """An error in the form that the client understands."""
    if is_for_programs():
        response = jsonify(Error(str(message)))
    else:
        title = TITLES.get(status, N_("This request failed"))
        page = render_template("error.html", status=status, title=title, message=message)
        response = make_response(page)
    response.status_code = status
    return response


def is_for_programs() -> bool:
    """Whether the request is one of the JSON API's."""
    return request.path.startswith(("/api/", "/auth/"))


def _bad_query(error: BadQuery) -> Response:
    return answer(400, words_of(error))


def _http_error(error: HTTPException) -> Response:
    response = answer(error.code or 500, error.description or error.name)
    for name, value in error.get_headers(request.environ):
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    if error.code and 300 <= error.code < 400 and error.response is not None:
        return make_response(error.get_response(request.environ))
    return response


def _out_of_memory(error: duckdb.OutOfMemoryException) -> Response:
    log.warning("A report needed more memory than it may use", error=str(error))
    return later(503, N_("this report needs more memory than it may use; ask for fewer days"))


def _unavailable(error: Unavailable) -> Response:
    log.warning("A report could not be had", path=logged(request.path), reason=str(error))
    return later(503, words_of(error))


def _too_busy(error: TooBusy) -> Response:
    return later(429, words_of(error))


def _bad_document(error: BadDocument) -> Response:
    """Somebody has changed a document by hand, and not well."""
    return answer(409, words_of(error))


def _bad_alias(error: BadAlias) -> Response:
    return answer(400, words_of(error))


def _locked_out(error: LockedOut) -> Response:
    response = answer(429, words_of(error))
    response.headers["Retry-After"] = str(error.retry_after_secs)
    return response


def _rejected(error: Rejected) -> Response:
    response = answer(error.status, error.reason)
    if error.retry_after_secs is not None:
        response.headers["Retry-After"] = str(error.retry_after_secs)
    return response


def _not_done(error: NotErased | NotDone) -> Response:
    return later(503, words_of(error))


def _os_error(error: OSError) -> Response:
    if error.errno not in DISK_FULL:
        return _failure(error)
    log.error("A request could not be kept", path=logged(request.path), error=str(error))
    return later(503, N_("there is no space left on the disk, so nothing was changed; free some"))


def later(status: int, message: str) -> Response:
    """An error that will pass soon, and when to ask again."""
    response = answer(status, message)
    response.headers["Retry-After"] = str(BUSY_RETRY_SECS)
    return response


def _failure(error: Exception) -> Response:
    log.error("A request failed", path=logged(request.path), exc_info=error)
    return answer(500, InternalServerError.description)
