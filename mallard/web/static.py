"""Style, scripts and icon, under names that change with their content, compressed once."""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from mimetypes import guess_type

from flask import Blueprint, Response, abort, request

FOREVER = "public, max-age=31536000, immutable"
A_DAY = "public, max-age=86400"

STYLE = (
    "tokens",
    "base",
    "bar",
    "overview",
    "cards",
    "behaviour",
    "pictures",
    "live",
    "pages",
    "print",
)
"""The parts of the style sheet, which is sent as one."""

SOURCES: dict[str, tuple[str, list[str]]] = {
    "mallard.css": ("mallard", [f"static/css/{part}.css" for part in STYLE]),
    "account.css": ("mallard", ["static/account.css"]),
    "diagnostics.css": ("mallard", ["static/diagnostics.css"]),
    "portal.css": ("mallard", ["static/portal.css"]),
    "reference.css": ("mallard", ["static/reference.css"]),
    "dashboard.js": ("mallard", ["static/dashboard.js"]),
    "upload.js": ("mallard", ["static/upload.js"]),
    "theme.js": ("mallard", ["static/theme.js"]),
    "favicon.svg": ("mallard", ["static/favicon.svg"]),
    "icons.svg": ("mallard", ["static/icons.svg"]),
    "world.svg": ("mallard", ["static/world.svg"]),
    "htmx.js": ("js_lib_htmx", ["static/htmx/htmx.min.js"]),
}
"""What is served: the name a template asks for, the package and the files that make it up."""

_ID = re.compile(r'\bid="([^"]+)"')

blueprint = Blueprint("assets", __name__)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that never changes under its address."""

    path: str
    content_type: str
    body: bytes
    gzipped: bytes


@cache
def assets() -> dict[str, Asset]:
    """Every asset by its plain name, read once for the life of the process."""
    return {name: _load(name, *source) for name, source in SOURCES.items()}


@blueprint.app_template_global()
def asset_url(name: str) -> str:
    """The address of the asset `name`; it differs whenever the content does."""
    return request.script_root + assets()[name].path


@cache
def ids_in(name: str) -> frozenset[str]:
    """The names of the pictures in an asset that is a collection of them."""
    return frozenset(_ID.findall(assets()[name].body.decode()))


@blueprint.get("/static/<file>")
def asset(file: str) -> Response:
    """One asset under its hashed name, to be kept for ever."""
    for known in assets().values():
        if known.path == f"/static/{file}":
            return _answer(known, FOREVER)
    abort(404)


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """The icon, for browsers that ask without having read a page."""
    return _answer(assets()["favicon.svg"], A_DAY)


def _load(name: str, package: str, parts: list[str]) -> Asset:
    body = b"".join(files(package).joinpath(part).read_bytes() for part in parts)
    stem, _, suffix = name.rpartition(".")
    path = f"/static/{stem}.{hashlib.sha256(body).hexdigest()[:12]}.{suffix}"
    kind = "text/javascript" if suffix == "js" else guess_type(name)[0]
    return Asset(path, f"{kind}; charset=utf-8", body, gzip.compress(body, mtime=0))


def _answer(found: Asset, cache_control: str) -> Response:
    is_gzipped = request.accept_encodings.quality("gzip") > 0
    body = found.gzipped if is_gzipped else found.body
    response = Response(body, content_type=found.content_type)
    response.headers["Cache-Control"] = cache_control
    response.vary.add("Accept-Encoding")
    if is_gzipped:
        response.content_encoding = "gzip"
    return response
