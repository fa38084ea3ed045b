"""Who changes something knows what is decided on other servers; who only reads waits for nobody."""

from __future__ import annotations

from flask import request

from mallard.auth.keys import Scope
from mallard.web import csrf
from mallard.web.guards import scope_of
from mallard.web.state import whole


def hear() -> None:
    """Hears of it before somebody who was let in decides by what is known here."""
    is_reading = request.method in csrf.SAFE_METHODS or request.endpoint is None
    if not is_reading and scope_of(request.endpoint or "", request.method) is Scope.ADMIN:
        whole().hear()
