"""Shows a report in the browser as it comes by mail."""

from __future__ import annotations

from typing import get_args

from flask import Blueprint, abort, make_response
from werkzeug.wrappers import Response

from mallard.mail.schedule import last_ended
from mallard.mail.subscribing import Subscription
from mallard.notices.book import Every, ReportOf
from mallard.texts.catalogue import N_
from mallard.web.account.site_settings import entry_of
from mallard.web.mail.parts import mail
from mallard.web.state import parts

POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
"""Mail has its styles within it. Nothing else may be in there, and nothing runs."""

blueprint = Blueprint("report_preview", __name__, url_prefix="/settings/sites")


@blueprint.get("/<site>/reports/<every>/preview")
def preview(site: str, every: str) -> Response:
    """The report about the last week or month, with what it has for a sample's recipient."""
    if every not in get_args(Every):
        abort(404, N_("there are reports of a week and of a month"))
    entry_of(site)
    rhythm: Every = "month" if every == "month" else "week"
    zone = parts().register.zone_of(site)
    report = ReportOf(site, rhythm, last_ended(rhythm, zone, parts().now()))
    letter = mail().writer.report(Subscription(site, rhythm, "you@example.com"), report)
    response = make_response(letter.html)
    response.headers["Content-Security-Policy"] = POLICY
    return response
