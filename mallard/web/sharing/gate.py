"""Who may see what by a shared link: nothing behind `/share/` is reached but through here."""

from __future__ import annotations

from flask import abort, g, make_response, redirect, render_template, request
from htmx_flask import request as htmx_request
from werkzeug.wrappers import Response

from mallard.auth.lockout import LockedOut, WrongPassword
from mallard.auth.passwords import LONGEST
from mallard.auth.sessions import digest
from mallard.register.kept import Share
from mallard.register.shared_segments import filters_of
from mallard.texts.catalogue import N_, _
from mallard.web import csrf
from mallard.web.base_path import address
from mallard.web.client import client_address
from mallard.web.dashboard.panels import PANELS
from mallard.web.dashboard.shared import REALTIME_PANEL, Look, Shared
from mallard.web.headers import CONTENT_SECURITY_POLICY, FRAMED
from mallard.web.private_cookie import with_cookie
from mallard.web.state import parts

BLUEPRINT = "shared"
COOKIE = "mm_share"
OF_PUBLIC = frozenset(("shared.badge", "shared.counter"))
"""What only a public link has."""
OF_REALTIME = frozenset(("shared.live_page", "shared.realtime_page", "shared.visitors_now"))
BEFORE_THE_PASSWORD = frozenset(("shared.tell_password",))

NO_LINK = N_("there is no such shared link, or it is over")
NOT_SHOWN = N_("this shared link does not show that")


def take_token(_endpoint: str | None, values: dict[str, str] | None) -> None:
    """Keeps what stands in the address from the functions of the pages, which know no links."""
    g.share_token = values.pop("token", "") if values else ""


def admit() -> Response | None:
    """Lets a request of a shared link pass, or says why not; whoever else asks is of no account."""
    share = _found()
    if request.method not in csrf.SAFE_METHODS:
        csrf.check()
    if request.endpoint in OF_PUBLIC and not share.token:
        abort(404, NOT_SHOWN)
    name = (request.view_args or {}).get("name")
    if request.endpoint in OF_REALTIME:
        name = REALTIME_PANEL
    if name is not None and not g.shared.shows(name):
        abort(404, NOT_SHOWN)
    is_asked = share.password_hash and request.endpoint not in BEFORE_THE_PASSWORD
    if is_asked and not _has_told_password(share):
        return _ask_again() if htmx_request.htmx else ask_for_password(401)
    if not share.password_hash or is_asked:
        parts().access.shares.uses.note(share.id)
    return None


def _found() -> Share:
    """The link of the address, and notes what it shows; aborts with 404 where it opens nothing."""
    found = parts().register.shared(digest(g.share_token))
    if found is None:
        abort(404, NO_LINK)
    site_id, share = found
    today = parts().today(parts().register.zone_of(site_id))
    if share.expires is not None and today > share.expires:
        abort(404, NO_LINK)
    filters = filters_of(share, parts().register.of(site_id))
    if filters is None:
        abort(404, NO_LINK)
    g.share, g.share_base = share, f"/share/{g.share_token}"
    g.shared = shared_of(site_id, share, filters, Look.from_args(request.args))
    return share


def shared_of(
    site_id: str, share: Share, filters: tuple[str, ...], look: Look | None = None
) -> Shared:
    """What a link shows that keeps to these filters."""
    panels = frozenset(share.panels)
    known = [panel for panel in PANELS.values() if panel.name in panels]
    listed = {*panels, *(panel.of for panel in known)}
    dimensions = {
        panel.filtered_by for panel in PANELS.values() if panel.filtered_by and panel.name in listed
    }
    if dimensions & {"region", "city"}:
        # A place of these is told with its country.
        dimensions.add("country")
    return Shared(site_id, panels, frozenset(dimensions), filters, share.since, look)


def ask_for_password(status: int, problem: str | None = None) -> Response:
    """The form of a link that has a password."""
    page = render_template("sharing/password.html", problem=problem, longest=LONGEST)
    return make_response(page, status)


def _ask_again() -> Response:
    response = make_response("", 401)
    response.headers["HX-Redirect"] = address("/")
    return response


def _has_told_password(share: Share) -> bool:
    door = parts().access.shares
    seals = request.cookies.getlist(COOKIE)
    return any(door.is_open(share.password_hash, seal) for seal in seals)


def tell_password() -> Response:
    """Opens the link to who tells its password, in this browser, for as long as a session lasts."""
    share: Share = g.share
    given = request.form.get("password", "")
    door = parts().access.shares
    if not share.password_hash:
        return redirect(address("/"), 303)
    try:
        seal = door.open(share.password_hash, given, client_address())
    except WrongPassword:
        return ask_for_password(401, _("The password is wrong."))
    except LockedOut as error:
        secs = error.retry_after_secs
        response = ask_for_password(429, _("Too many wrong passwords. Try again later."))
        response.headers["Retry-After"] = str(secs)
        return response
    lasts = parts().settings.session_ttl_secs
    # Lax: whoever comes by a link in a mail is asked no second time.
    return with_cookie(redirect(address("/"), 303), COOKIE, seal, lasts, "Lax", address(""))


def frame(response: Response) -> Response:
    """Lets the pages that are named embed what asks to be embedded; nobody anything else."""
    share: Share | None = g.get("share")
    shared: Shared | None = g.get("shared")
    if share is None or shared is None or shared.look is None or not share.origins:
        return response
    ancestors = f"frame-ancestors {' '.join(share.origins)}"
    policy = CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", ancestors)
    response.headers["Content-Security-Policy"] = policy
    request.environ[FRAMED] = True
    return response
