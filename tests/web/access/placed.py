"""Who may use each route. A new one is for Owners alone, and has to be placed here."""

from __future__ import annotations

import re

EVERYONE = "everyone"
LINK = "who has a shared link"
VIEWERS = "viewers of the site"
LISTS = "viewers, each of whom is shown the sites that he sees"
WITHIN = "viewers; the route finds the site, and asks whether they see it"
TOKEN = "who has the metrics token, or sees all sites"
OWN = "whoever is signed in, of what is his; Admin keys"
EDITORS = "editors of the site"
OWNERS = "owners"
SENDERS = "keys that send events"
SENDERS_OF_SITES = "keys that send events; the route asks of which sites"

PLACES = {
    EVERYONE: """
        assets.asset assets.favicon auth.get_status auth.log_in auth.log_out auth.set_up
        downloads.download entrance.log_in entrance.log_out entrance.login_page entrance.set_up
        entrance.setup_page git.info_refs git.receive_pack git.upload_pack goatcounter.count
        goatcounter.script health.get_detailed_health health.get_health health.get_readiness
        invitation.page invitation.set_up monitoring.get_metrics oidc.begin oidc.come_back
        plausible.script second_step.log_in second_step.page tracker.get_help tracker.get_more
        tracker.script umami.send umami_whole.batch umami_whole.heartbeat umami_whole.script
        unsubscribing.end unsubscribing.page wellknown.robots wellknown.security
    """,
    LINK: """
        shared.all_rows shared.all_rows_as_csv shared.badge shared.counter shared.entrance
        shared.go shared.home shared.live_page shared.panel shared.realtime_page shared.style
        shared.tell_password shared.visitors_now
    """,
    VIEWERS: """
        behaviour.get_flow behaviour.get_funnel behaviour.get_journeys behaviour.get_retention
        behaviour.get_sequences breakdowns.get_breakdown breakdowns.get_properties
        breakdowns.get_property_breakdown dashboard.all_rows dashboard.all_rows_as_csv
        dashboard.go dashboard.live_page dashboard.panel dashboard.realtime_page
        dashboard.visitors_now export.export_events export.export_events_for_gdpr
        export.export_figures export.export_imported_days filters.form filters.set_filter
        filters.values plausible_stats.get_aggregate plausible_stats.get_breakdown
        plausible_stats.get_current_visitors plausible_stats.get_timeseries
        query.get_by_dimensions sites.get_site stats.get_goals stats.get_heatmap
        stats.get_realtime stats.get_revenue stats.get_session_timeseries stats.get_sessions
        stats.get_timeseries stats.get_totals stats.get_vitals
    """,
    LISTS: """
        dashboard.first_site dashboard.found_sites dashboard.home dashboard.waiting
        reference.get_description reference.get_docs sites.list_sites umami_reading.get_me
        umami_reading.list_websites umami_reading.verify
    """,
    WITHIN: """
        plausible_stats.query umami_reading.get_active umami_reading.get_expanded_metrics
        umami_reading.get_metrics umami_reading.get_pageviews umami_reading.get_range
        umami_reading.get_stats umami_reading.get_website
    """,
    TOKEN: "",
    OWN: """
        keys.create_key keys.list_keys keys.revoke_key own.change_password own.create_key
        own.end_session own.page own.revoke_key own_api.end_session own_api.list_sessions
        second_factor.begin second_factor.end second_factor.new_codes second_factor.page
    """,
    EDITORS: """
        alerts.list_alerts alerts.send_test_of_alert annotating.add annotating.form
        annotations.create_annotation annotations.delete_annotation
        annotations.list_annotations report_preview.preview saved.form saved.save
        shares.create_share shares.list_shares shares.revoke
        site_alerts.send_test site_annotations.add site_annotations.remove
        site_settings.change_aliases site_settings.change_exclude site_settings.change_name
        site_settings.change_part site_settings.change_paths site_settings.change_timezone
        site_settings.page site_shares.revoke site_shares.share sites.put_site
    """,
    OWNERS: """
        alerts.list_alerts_of_instance alerts.send_test_of_alert_of_instance audit.page
        audit_api.list_deeds checks.checks diagnostics.get_diagnostics diagnostics.page
        gdpr.erase_events ignoring.page instance.get_instance instance.put_instance
        instance_alerts.change instance_alerts.send_test instance_settings.change
        mail_api.post_test_mail mail_page.send_test_mail people.change people.invite
        people.invite_again people.page people.remove people_api.change_person
        people_api.create_person people_api.invite_again people_api.list_people
        people_api.remove_person plausible_sites.create_site plausible_sites.get_site
        plausible_sites.list_sites settings.change_password settings.create_key settings.page
        settings.revoke_key site_imports.add_files site_imports.add_piece site_imports.begin
        site_imports.go_on site_imports.page site_imports.state site_moves.merge site_moves.rename
        site_moves_api.merge_site site_moves_api.rename_site site_settings.add_site
        site_settings.delete sites.delete_site
    """,
    SENDERS: "goatcounter.count_hits telling.post_catalog telling.post_tool_usage",
    SENDERS_OF_SITES: "events.post_events",
}

PLACE_OF = {name: place for place, names in PLACES.items() for name in re.findall(r"\S+", names)}
"""To each route by its endpoint who may use it."""
