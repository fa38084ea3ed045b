"""The button that tests an alert of a site, and what the card of alerts tells beside its forms."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from mallard.texts.catalogue import _
from mallard.texts.said import within
from mallard.web.account.site_forms import Form
from mallard.web.account.site_parts import ALERTS
from mallard.web.account.site_settings import entry_of, site_page
from mallard.web.alerts import AlertRow, alert_rows, at_place, test_alert
from mallard.web.state import parts

blueprint = Blueprint("site_alerts", __name__, url_prefix="/settings/sites")


@blueprint.app_template_global()
def fired_alerts(site: str) -> list[AlertRow]:
    """The alerts of a site that are quiet because they have fired."""
    return [row for row in alert_rows(site) if row.fired]


@blueprint.app_template_global()
def signing_key(site: str) -> str:
    """What the webhooks of a site are signed with."""
    return parts().alerts().signing.key_of(site)


@blueprint.post("/<site>/alerts/<place>/test")
def send_test(site: str, place: str) -> Response:
    """Tells everybody whom the alert names that this is a test, and says what became of it."""
    entry = entry_of(site)
    alert = at_place(entry.site.alerts if entry else (), place)
    tried = test_alert(site, alert.name) or []
    lost = [_(within(one.to, one.trouble)) for one in tried if one.trouble]
    fields = {"tested": ", ".join(one.to for one in tried if not one.trouble)}
    return site_page(site, 502 if lost else 200, Form(ALERTS, None, fields, "; ".join(lost)))
