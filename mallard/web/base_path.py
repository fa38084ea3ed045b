"""Where Mallard stands below its host, `/stats`, as the settings or a trusted proxy say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask import g, request

from mallard.ingest.addresses import TrustedProxies

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

FORWARDED = "HTTP_X_FORWARDED_PREFIX"
_SECRET = re.compile(r"/(share|invitation)/[^/]+")
_FORM = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")


class BasePath:
    """Tells the application what stands in front of every path of ours.

    That is the setting's, if there is one, or else what a trusted proxy says of itself. Paths may
    come with the setting's base path or without it, as a proxy leaves them or takes it away.
    """

    def __init__(self, own: str, proxies: TrustedProxies) -> None:
        self._own = own
        self._proxies = proxies

    def applies_to(self, environ: WSGIEnvironment) -> bool:
        """Whether there may be a base path."""
        return bool(self._own) or FORWARDED in environ

    def note(self, environ: WSGIEnvironment) -> None:
        """Sets SCRIPT_NAME, and takes the base path off PATH_INFO."""
        if self._own:
            environ["SCRIPT_NAME"] = self._own
            environ["PATH_INFO"] = without(self._own, environ["PATH_INFO"])
        elif self._proxies.trusts(environ.get("REMOTE_ADDR", "")):
            said = environ[FORWARDED].strip().rstrip("/")
            if _FORM.fullmatch(said):
                environ["SCRIPT_NAME"] = said


def without(base_path: str, path: str) -> str:
    """The path as it is without the base path, if it begins with that."""
    if base_path and path == base_path:
        return "/"
    return path.removeprefix(base_path) if path.startswith(f"{base_path}/") else path


def address(path: str) -> str:
    """Where browsers find a path of ours; for who has a shared link, below that."""
    return f"{request.script_root}{g.get('share_base', '')}{path}"


def logged(path: str) -> str:
    """A path as the log may have it: what opens a shared link or an account stays out."""
    return _SECRET.sub(r"/\1/...", path)


def cookie_path() -> str:
    """Where browsers send our cookies to: no slash at its end, with which `/stats` gets none."""
    return request.script_root or "/"
