"""Repositories for `git clone` and `git fetch`: each is recorded, then passed on; read-only."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from flask import Blueprint, Response, abort, request
from werkzeug.exceptions import HTTPException

from mallard.portal.failures import MESSAGES, Failed, NotThere
from mallard.portal.found import Found
from mallard.portal.names import UPLOAD_PACK
from mallard.portal.recording import Name
from mallard.portal.slots import Busy
from mallard.web.errors import BUSY_RETRY_SECS
from mallard.web.portal.parts import portal
from mallard.web.portal.passing import asked_headers, note, passed_on, visitor

if TYPE_CHECKING:
    from mallard.portal.remote import Repository

blueprint = Blueprint("git", __name__)

PREFIX = "/git/"
RECEIVE_PACK = "git-receive-pack"
REQUEST_TYPE = f"application/x-{UPLOAD_PACK}-request"


@blueprint.get(f"{PREFIX}<project>.git/info/refs")
def info_refs(project: str) -> Response:
    """What the repository has: with this each clone and each fetch begins."""
    repository = _repository(project)
    services = request.args.getlist("service")
    if RECEIVE_PACK in services:
        receive_pack(project)
    if services != [UPLOAD_PACK]:
        abort(404, "only git's smart protocol is spoken here")

    def record(found: Found) -> None:
        if request.method == "GET" and found.status == 200:
            portal().recorder.record(
                Name.CLONE, {"project": project}, visitor(), f"{PREFIX}{project}.git"
            )

    headers = asked_headers()
    return passed_on(portal(), portal().clones, lambda: repository.advertise(headers), record)


@blueprint.post(f"{PREFIX}<project>.git/{UPLOAD_PACK}")
def upload_pack(project: str) -> Response:
    """What a clone or a fetch asks for."""
    repository = _repository(project)
    if request.mimetype != REQUEST_TYPE:
        abort(415, f"this takes {REQUEST_TYPE}")
    headers = asked_headers()
    headers["content-length"] = request.environ.get("CONTENT_LENGTH") or "0"
    body = request.environ["wsgi.input"]
    return passed_on(
        portal(), portal().clones, lambda: repository.upload(headers, body), lambda _: None
    )


@blueprint.post(f"{PREFIX}<project>.git/{RECEIVE_PACK}")
def receive_pack(project: str) -> NoReturn:
    """Nobody pushes through here."""
    _repository(project)
    abort(403, "this repository is only for reading")


def _repository(project: str) -> Repository:
    return portal().project(project).repository or abort(404, "this project has no repository")


def _said(status: int, message: str) -> Response:
    """As git shows it: only plain text."""
    return Response(f"{message}\n", status, mimetype="text/plain")


@blueprint.errorhandler(HTTPException)
def refused(error: HTTPException) -> Response:
    """What cannot be done here."""
    return _said(error.code or 500, error.description or error.name)


@blueprint.errorhandler(NotThere)
def not_there(_: NotThere) -> Response:
    """The project's own server knows of no such repository."""
    return _said(404, "there is no such repository")


@blueprint.errorhandler(Failed)
def failed(failure: Failed) -> Response:
    """The project's own server does not do its part."""
    note(portal(), failure)
    return _said(failure.status, MESSAGES[failure.reason])


@blueprint.errorhandler(Busy)
def busy(_: Busy) -> Response:
    """As many clones as allowed are under way."""
    response = _said(503, "as many clones as possible are under way; try again soon")
    response.headers["Retry-After"] = str(BUSY_RETRY_SECS)
    return response
