"""Our scripts for pages that have another product's tag, made small once."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files

from flask import Response, request

from mallard.ingest import collect
from mallard.web.tracker import sent_script, small

ASKED = "'ASKED'"


def peer_script(name: str, domain: str = "", extensions: tuple[str, ...] = ()) -> Response:
    """The script, or 304 for a browser that already holds this version.

    Where it wants to know, it is told its site and what it shall do beside counting views.
    """
    return sent_script(_served(name, domain, extensions, request.script_root))


@lru_cache(maxsize=64)
def _served(name: str, domain: str, extensions: tuple[str, ...], base_path: str) -> bytes:
    source = (files("mallard") / "static" / "peers" / name).read_text(encoding="utf-8")
    asked = {"domain": domain, "extensions": extensions, "api": base_path + collect.PATH}
    return small(source.replace(ASKED, json.dumps(asked)))
