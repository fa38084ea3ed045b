"""The form of the settings page that changes what is decided about the instance."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from mallard.register.port import Changed
from mallard.texts.catalogue import _, sentence
from mallard.web.account.changing import CHANGED_INSTANCE, BadPart, change_instance
from mallard.web.account.settings import settings_page
from mallard.zones.days import UTC

blueprint = Blueprint("instance_settings", __name__, url_prefix="/settings/instance")


@blueprint.post("")
def change() -> Response:
    """Calls the instance by another name, and lets the days of sites begin elsewhere."""
    zone = request.form.get("own") or request.form.get("timezone", "")
    changes = {
        "name": request.form.get("name", "").strip(),
        "default_timezone": zone.strip() or UTC,
        "require_second_factor": "require_second_factor" in request.form,
    }
    try:
        change_instance(request.form.get("version", ""), changes)
    except BadPart as error:
        return settings_page(400, instance_problem=sentence(error), typed=request.form)
    except Changed:
        return settings_page(412, instance_problem=_(CHANGED_INSTANCE), typed=request.form)
    return redirect(url_for("settings.page", saved="instance", _anchor="instance"), 303)
