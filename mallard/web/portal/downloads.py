"""Files of releases: each download is recorded, then passed on from where the project has them."""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, Response, abort, request
from werkzeug.http import dump_options_header

from mallard.portal.failures import MESSAGES, Failed, NotThere
from mallard.portal.found import Found
from mallard.portal.names import is_name
from mallard.portal.ranges import is_download
from mallard.portal.recording import Name
from mallard.portal.slots import Busy
from mallard.web.errors import answer, later
from mallard.web.portal.parts import portal
from mallard.web.portal.passing import asked_headers, note, passed_on, visitor

blueprint = Blueprint("downloads", __name__)

PREFIX = "/downloads/"


@blueprint.get(f"{PREFIX}<project>/<version>/<asset>")
def download(project: str, version: str, asset: str) -> Response:
    """The file, or a part of it. HEAD, a part that goes on and 304 are no downloads."""
    found_project = portal().project(project)
    releases = found_project.releases
    if releases is None or not (is_name(version) and is_name(asset)):
        abort(404)
    asked = asked_headers()
    is_get = request.method == "GET"
    if not is_get:
        asked.pop("range", None)

    def record(found: Found) -> None:
        if is_get and is_download(found.status, found.headers.get("Content-Range"), asked):
            props = {"project": project, "version": version, "asset": asset}
            path = PREFIX + "/".join(quote(part) for part in props.values())
            portal().recorder.record(Name.DOWNLOAD, props, visitor(), path)

    response = passed_on(
        portal(),
        portal().downloads if found_project.is_remote else None,
        lambda: releases.fetch(version, asset, asked, with_body=is_get),
        record,
    )
    response.headers["Content-Disposition"] = _as_file(asset)
    return response


@blueprint.errorhandler(NotThere)
def not_there(_: NotThere) -> Response:
    """There is no such version, or no such file in it."""
    return answer(404, "there is no such file")


@blueprint.errorhandler(Failed)
def failed(failure: Failed) -> Response:
    """The project's own server does not do its part."""
    note(portal(), failure)
    return answer(failure.status, MESSAGES[failure.reason])


@blueprint.errorhandler(Busy)
def busy(_: Busy) -> Response:
    """As many downloads as allowed are under way."""
    return later(503, "as many downloads as possible are under way")


def _as_file(asset: str) -> str:
    """A file is kept, not shown: it could be a page that acts in the name of who looks at it."""
    plain = asset.encode("ascii", "replace").decode().replace("?", "_")
    options = {"filename": plain} | ({} if plain == asset else {"filename*": _extended(asset)})
    return dump_options_header("attachment", options)


def _extended(asset: str) -> str:
    return f"UTF-8''{quote(asset, safe='')}"
