"""The tracking script as browsers get it: made small once, and served under both of its names."""

import re
import string
from functools import cache
from hashlib import sha256
from importlib.resources import files

from flask import Blueprint, Response, request
from rjsmin import jsmin  # type: ignore[import-untyped]  # ships no annotations

# Any site may embed the script, also one that isolates itself with Cross-Origin-Embedder-Policy.
HEADERS = {
    "Cache-Control": "public, max-age=86400",
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}

_LOCAL_NAME = re.compile(r"\$\w+")

blueprint = Blueprint("tracker", __name__)


@blueprint.get("/mallard.js")
@blueprint.get("/tracking/script.js")
def script() -> Response:
    """The tracking script, or 304 for a browser that already holds this version."""
    response = Response(served_script(), headers=HEADERS)
    response.content_type = "text/javascript; charset=utf-8"
    response.set_etag(sha256(served_script()).hexdigest()[:32])
    response.make_conditional(request)
    return response


@cache
def served_script() -> bytes:
    """The script without comments and spaces, its local names one letter each."""
    source = (files("mallard") / "static" / "tracker.js").read_text(encoding="utf-8")
    return _shorten_names(jsmin(source)).replace(";}", "}").encode("ascii")


# Only names with a dollar sign are touched, so no property, global or wire field can be hit.
def _shorten_names(code: str) -> str:
    names = dict.fromkeys(_LOCAL_NAME.findall(code))
    letters = dict(zip(names, string.ascii_letters, strict=False))
    return _LOCAL_NAME.sub(lambda name: letters[name[0]], code)
