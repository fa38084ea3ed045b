"""What is put on the list of who did what: every change that somebody makes in his own name."""

from __future__ import annotations

from flask import Response, g, request

from mallard.auth.access import ANYBODY, Caller
from mallard.texts.catalogue import N_
from mallard.web import csrf
from mallard.web.errors import is_for_programs
from mallard.web.guards import caller
from mallard.web.state import whole

MADE_OR_GONE_ON = (201, 303)
"""How a page answers when something was changed."""

DEEDS = {
    N_("accepted an invitation"): "invitation.set_up",
    N_("added a site"): "plausible_sites.create_site site_settings.add_site",
    N_("added an annotation"): "annotating.add annotations.create_annotation site_annotations.add",
    N_("began to upload a history"): "site_imports.begin",
    N_("began to use a second factor"): "second_factor.begin",
    N_("changed a site's aliases"): "site_settings.change_aliases",
    N_("changed a site's name"): "site_settings.change_name",
    N_("changed a site's path rules"): "site_settings.change_paths",
    N_("changed a site's settings"): "site_settings.change_part sites.put_site",
    N_("changed a site's time zone"): "site_settings.change_timezone",
    N_("changed the instance"): "instance.put_instance instance_settings.change",
    N_("changed the instance's alerts"): "instance_alerts.change",
    N_("changed the one password"): "settings.change_password",
    N_("changed their password"): "own.change_password",
    N_("changed what is saved"): "saved.save",
    N_("changed somebody's role or sites"): "people.change people_api.change_person",
    N_("changed whom a site excludes"): "site_settings.change_exclude",
    N_("deleted a site"): "site_settings.delete sites.delete_site",
    N_("signed out one of their browsers"): "own.end_session own_api.end_session",
    N_("erased events"): "gdpr.erase_events",
    N_("turned the second factor off"): "second_factor.end",
    N_("invited somebody"): "people.invite people_api.create_person",
    N_("invited somebody again"): "people.invite_again people_api.invite_again",
    N_("made a shared link"): "shares.create_share site_shares.share",
    N_("made an API key"): "keys.create_key own.create_key settings.create_key",
    N_("made new recovery codes"): "second_factor.new_codes",
    N_("merged a site"): "site_moves.merge site_moves_api.merge_site",
    N_("removed an annotation"): "annotations.delete_annotation site_annotations.remove",
    N_("removed somebody"): "people.remove people_api.remove_person",
    N_("renamed a site"): "site_moves.rename site_moves_api.rename_site",
    N_("revoked a shared link"): "shares.revoke site_shares.revoke",
    N_("revoked an API key"): "keys.revoke_key own.revoke_key settings.revoke_key",
    N_("sent a test mail"): "mail_api.post_test_mail mail_page.send_test_mail",
    N_("set the first password"): "auth.set_up entrance.set_up",
    N_("tested an alert"): "alerts.send_test_of_alert alerts.send_test_of_alert_of_instance"
    " instance_alerts.send_test site_alerts.send_test",
    N_("uploaded a history"): "site_imports.add_files",
    N_("continued the import of a history"): "site_imports.go_on",
}
"""What changes something, with the endpoints that do it."""

WORDS = {endpoint: deed for deed, does in DEEDS.items() for endpoint in does.split()}
"""What each route does that changes something."""

OF, BY = "deed_of", "deed_by"


def about(what: str) -> None:
    """Says what a change is about, where the address does not."""
    setattr(g, OF, what)


def by(name: str) -> None:
    """Says who makes a change who was nobody before it."""
    setattr(g, BY, name)


def note(response: Response) -> Response:
    """Puts on the list what was done by this request, if it has changed anything."""
    if request.method in csrf.SAFE_METHODS or request.endpoint not in WORDS:
        return response
    status = response.status_code
    if 200 <= status < 300 if is_for_programs() else status in MADE_OR_GONE_ON:
        whole().access.audit.add(_who(caller()), WORDS[request.endpoint], _of())
    return response


def _who(who: Caller | None) -> str:
    named: str | None = g.get(BY)
    if named is not None:
        return named
    if who is None or who is ANYBODY:
        return "anybody, as no password was set"
    if who.has_key:
        name = next(
            (key.name for key in whole().access.keys.all() if key.key_hash == who.credential), ""
        )
        return f"the API key {name}" + (f" of {who.name}" if who.name else "")
    return who.name or "the one password"


def _of() -> str:
    told: str | None = g.get(OF)
    site = (request.view_args or {}).get("site") or request.args.get("site_id")
    return ", ".join(filter(None, (site, told)))
