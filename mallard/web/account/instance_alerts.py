"""The forms of the settings page that add, change, remove and test alerts of the instance."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from mallard.register.port import Changed
from mallard.texts.catalogue import _, sentence
from mallard.texts.said import within
from mallard.web.account.changing import CHANGED_INSTANCE, BadPart, change_instance, with_part
from mallard.web.account.fields import Fields, lines_of
from mallard.web.account.settings import settings_page
from mallard.web.alerts import NO_SITE, at_place, test_alert
from mallard.web.state import parts

ALERTS = "alerts"

blueprint = Blueprint("instance_alerts", __name__, url_prefix="/settings/instance/alerts")


@blueprint.post("")
def change() -> Response:
    """Adds one, or changes or removes the one at `place`."""
    place = request.form.get("place", type=int)
    part = None if "remove" in request.form else _read(request.form)
    known = msgspec.to_builtins(parts().instance.known.instance)
    try:
        changed = with_part(known, ALERTS, place, part)
        change_instance(request.form.get("version", ""), {ALERTS: changed[ALERTS]})
    except BadPart as error:
        return settings_page(400, alert_problem=sentence(error), alert_typed=request.form)
    except Changed:
        return settings_page(412, alert_problem=_(CHANGED_INSTANCE), alert_typed=request.form)
    return redirect(url_for("settings.page", saved=ALERTS, _anchor=ALERTS), 303)


@blueprint.post("/<place>/test")
def send_test(place: str) -> Response:
    """Tells everybody whom the alert names that this is a test, and says what became of it."""
    alert = at_place(parts().instance.known.instance.alerts, place)
    tried = test_alert(NO_SITE, alert.name) or []
    lost = "; ".join(_(within(one.to, one.trouble)) for one in tried if one.trouble)
    taken = ", ".join(one.to for one in tried if not one.trouble)
    return settings_page(502 if lost else 200, alert_problem=lost, alert_tested=taken)


def _read(given: Fields) -> dict[str, Any]:
    on, percent = given.get("on", ""), given.get("free_percent", "").strip()
    read: dict[str, Any] = {
        "name": given.get("name", "").strip(),
        "on": on,
        "to": lines_of(given.get("to", "")),
        "webhook": given.get("webhook", "").strip(),
        "form": given.get("form", "json"),
    }
    if on == "disk" and percent:
        is_number = percent.isascii() and percent.isdigit() and len(percent) < 12
        read["free_percent"] = int(percent) if is_number else percent
    return read
