"""What people may do who may not do everything; every other route is for Owners."""

from __future__ import annotations

EDITABLE = frozenset(
    (
        "alerts.list_alerts",
        "alerts.send_test_of_alert",
        "annotating.add",
        "annotating.form",
        "annotations.create_annotation",
        "annotations.delete_annotation",
        "annotations.list_annotations",
        "report_preview.preview",
        "saved.form",
        "saved.save",
        "shares.create_share",
        "shares.list_shares",
        "shares.revoke",
        "site_alerts.send_test",
        "site_annotations.add",
        "site_annotations.remove",
        "site_settings.change_aliases",
        "site_settings.change_exclude",
        "site_settings.change_name",
        "site_settings.change_part",
        "site_settings.change_paths",
        "site_settings.change_timezone",
        "site_settings.page",
        "site_shares.revoke",
        "site_shares.share",
        "sites.put_site",
    )
)
"""What an Editor may do with the sites that he has, and a key with the scope Admin of his."""

OWN = frozenset(
    (
        "keys.create_key",
        "keys.list_keys",
        "keys.revoke_key",
        "own.change_password",
        "own.create_key",
        "own.end_session",
        "own.page",
        "own.revoke_key",
        "own_api.end_session",
        "own_api.list_sessions",
        "second_factor.begin",
        "second_factor.end",
        "second_factor.new_codes",
        "second_factor.page",
    )
)
"""What whoever is signed in may do with what is his; the routes see to it that it is."""

BEFORE_A_SECOND_FACTOR = frozenset(
    (
        "own.change_password",
        "own.end_session",
        "own.page",
        "own_api.end_session",
        "own_api.list_sessions",
        "second_factor.begin",
        "second_factor.page",
    )
)
"""What is open to somebody who has yet to begin the second factor that is asked of everybody."""
