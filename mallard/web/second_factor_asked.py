"""Where a second factor is asked of everybody, who has none comes to the page that begins one."""

from __future__ import annotations

from flask import redirect, request, url_for
from htmx_flask import request as htmx_request
from werkzeug.wrappers import Response

from mallard.auth.access import Caller
from mallard.web.errors import answer, is_for_programs
from mallard.web.roles import BEFORE_A_SECOND_FACTOR
from mallard.web.state import parts

ASKED = "a second factor is asked of everybody"


def admit(caller: Caller) -> Response | None:
    """Lets in whoever need not begin one before, else says where that is done."""
    if not caller.person or caller.has_key or caller.has_second_factor:
        return None
    is_asked = parts().instance.known.instance.require_second_factor
    if not is_asked or request.endpoint in BEFORE_A_SECOND_FACTOR:
        return None
    there = url_for("second_factor.page")
    if is_for_programs():
        return answer(403, f"{ASKED}: begin with yours at {there}")
    if htmx_request.htmx:
        response = answer(403, ASKED)
        response.headers["HX-Redirect"] = there
        return response
    return redirect(there, 303)
