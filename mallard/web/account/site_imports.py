"""The page on which a history is uploaded, read on trial, and imported."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from mallard.texts.catalogue import N_, sentence, told
from mallard.transfer.uploads import State, Upload, UploadRefused
from mallard.web.account.site_settings import entry_of
from mallard.web.api.asking import as_json
from mallard.web.dashboard.view import asked_url
from mallard.web.state import parts

PIECE_BYTES = 60_000
"""What a browser sends at a time, which fits into any body."""

MOST_IN_A_FORM = 60_000
"""What fits into a body beside the names of files."""

blueprint = Blueprint("site_imports", __name__, url_prefix="/settings/sites")


@blueprint.get("/<site>/import")
def page(site: str) -> Response:
    """The page, with what has become of the last upload."""
    return _page(site, 200)


@blueprint.get("/<site>/import/state")
def state(site: str) -> str:
    """The part of the page that changes while something is done."""
    entry_of(site)
    return render_template("settings/import/_state.html", **_shown(site))


@blueprint.post("/<site>/import")
def add_files(site: str) -> Response:
    """Takes small files from a form, and reads them on trial."""
    entry_of(site)
    uploads = parts().uploads
    try:
        upload = uploads.begin(site)
    except UploadRefused as error:
        return _page(site, 400, sentence(error))
    try:
        for file in request.files.getlist("file"):
            uploads.take(site, upload.id, file.filename or "", 0, file.read())
        uploads.read(site, upload.id)
    except UploadRefused as error:
        # Nothing more comes of this one, so it keeps no other from being begun.
        with suppress(UploadRefused):
            uploads.discard(site, upload.id)
        return _page(site, 400, sentence(error))
    return _to_page(site)


@blueprint.post("/<site>/import/begin")
def begin(site: str) -> Response:
    """An upload that comes in pieces; its id."""
    entry_of(site)
    try:
        return as_json({"id": parts().uploads.begin(site).id})
    except UploadRefused as error:
        return _refused(error)


@blueprint.post("/<site>/import/<upload_id>/piece")
def add_piece(site: str, upload_id: str) -> Response:
    """A piece of a file, from `offset` on; how large the file is now."""
    entry_of(site)
    name, offset = request.args.get("name", ""), request.args.get("offset", 0, type=int)
    piece = request.get_data(cache=False)
    try:
        size = parts().uploads.take(site, upload_id, name, max(offset, 0), piece)
    except UploadRefused as error:
        return _refused(error)
    return as_json({"size": size})


@blueprint.post("/<site>/import/<upload_id>/<step>")
def go_on(site: str, upload_id: str, step: str) -> Response:
    """Reads what was uploaded on trial, imports it, or deletes it."""
    entry_of(site)
    uploads = parts().uploads
    steps = {"read": uploads.read, "start": uploads.start, "discard": uploads.discard}
    if step not in steps:
        return abort(404, N_("there is no such step"))
    try:
        steps[step](site, upload_id)
    except UploadRefused as error:
        return _page(site, 409, sentence(error))
    return _to_page(site)


@blueprint.app_template_global()
def is_at(upload: Upload | None, *states: str) -> bool:
    """Whether an upload is in one of these states."""
    return upload is not None and upload.state in [State(name) for name in states]


def _page(site: str, status: int, problem: str | None = None) -> Response:
    entry_of(site)
    page = render_template(
        "settings/import/page.html",
        url=asked_url({}),
        sites=[],
        problem=problem,
        **_shown(site),
    )
    return make_response(page, status)


def _shown(site: str) -> dict[str, Any]:
    """What the part that changes is made of."""
    return {
        "site": site,
        "upload": parts().uploads.of(site),
        "piece_bytes": PIECE_BYTES,
        "most_in_a_form": MOST_IN_A_FORM,
        "is_open": parts().access.is_open,
    }


def _refused(error: UploadRefused) -> Response:
    """For the script, which tells it."""
    return make_response(as_json({"error": told(error)}), 409)


def _to_page(site: str) -> Response:
    return redirect(url_for(".page", site=site), 303)
