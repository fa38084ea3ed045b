"""Links for one's own browsers: whoever opens one on a phone is not counted there any more."""

from __future__ import annotations

import re

from flask import Blueprint, abort, render_template, request

from mallard.ingest.ignoring import DAYS_GOOD, MARK
from mallard.texts.catalogue import N_
from mallard.web.dashboard.view import asked_url
from mallard.web.state import parts

blueprint = Blueprint("ignoring", __name__)

_HOST = re.compile(r"([a-z0-9_-]+\.)+[a-z][a-z0-9-]*(:[0-9]{1,5})?", re.IGNORECASE)


@blueprint.get("/ignore-me")
def page() -> str:
    """The links of a site; without one, the sites to choose from."""
    site = request.args.get("site_id")
    known = parts().known_sites()
    if site is not None and site not in known:
        abort(404, N_("there is no such site"))
    if site is None and len(known) == 1:
        site = known[0]
    return render_template(
        "settings/ignore_me.html",
        url=asked_url({}),
        sites=[],
        own_sites=known,
        site=site,
        start=f"https://{site}/" if site and _HOST.fullmatch(site) else None,
        ignoring=parts().ignore_query(site) if site else "",
        counting=f"{MARK}=no",
        days_good=DAYS_GOOD,
    )
