"""Documents that nobody replaces unseen, by `ETag` and `If-Match`."""

from __future__ import annotations

from flask import Response, abort, request

from mallard.web.api.asking import as_json
from mallard.web.api.described import Header

IF_MATCH = Header(
    "If-Match",
    "The `ETag` of the document to replace or delete.",
    '"0f3a9c51d2e47b68"',
)
ETAG = {"ETag": (str, "The version of the document.")}


def check_replaceable(version: str | None, whose: str) -> None:
    """Aborts unless the document of this version, None for none, is the one to replace."""
    if version is not None and not request.headers.get(IF_MATCH.name):
        abort(428, f"{whose} has a document; say by If-Match which version is to be replaced")
    check_version(version)


def check_version(version: str | None) -> None:
    """Lets nobody change what he has not seen."""
    wanted = request.if_match
    if request.headers.get(IF_MATCH.name) and not (version and version in wanted):
        abort(412, "the document is not the one that If-Match names; read it again")


def document_answer(document: object, version: str | None) -> Response:
    """A document, and its version if it has one."""
    response = as_json(document)
    if version is not None:
        response.set_etag(version)
    return response
