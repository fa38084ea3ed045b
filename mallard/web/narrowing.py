"""Callers that are limited to some sites: which ones a request is about, and whether they may."""

from __future__ import annotations

from flask import abort, request

from mallard.auth.access import Caller
from mallard.texts.catalogue import N_
from mallard.web.state import narrow, whole

OF_NO_SITE = frozenset(
    (
        "dashboard.first_site",
        "dashboard.found_sites",
        "dashboard.home",
        "dashboard.waiting",
        "reference.get_description",
        "reference.get_docs",
        "sites.list_sites",
        "umami_reading.get_me",
        "umami_reading.list_websites",
        "umami_reading.verify",
    )
)
"""What needs to name no site: of all there are, only those of the caller are shown."""

JUDGED_WITHIN = frozenset(
    (
        "plausible_stats.query",
        "umami_reading.get_active",
        "umami_reading.get_expanded_metrics",
        "umami_reading.get_metrics",
        "umami_reading.get_pageviews",
        "umami_reading.get_range",
        "umami_reading.get_stats",
        "umami_reading.get_website",
        "events.post_events",
    )
)
"""What names its site where only the route finds it; it asks whether the caller has it."""

OF_SOME = N_("this is not for those who are limited to some sites")
NOT_YOURS = N_("this is none of the sites that you may see")


def limit(caller: Caller, is_own: bool) -> None:
    """Lets a caller see the sites that he is limited to; aborts with 403 where it is about others.

    Whether there is a site that he may not see, nobody is told. What names no site is refused,
    unless it is listed here or `is_own`, of the caller himself.
    """
    if caller.sites is None:
        return
    narrow(caller.sites)
    named = _named()
    if not named and not is_own and request.endpoint not in OF_NO_SITE | JUDGED_WITHIN:
        abort(403, OF_SOME)
    if not all(may_see(caller, site) for site in named):
        abort(403, NOT_YOURS)


def may_see(caller: Caller, site: str) -> bool:
    """Whether a site, or the one that an alias stands for, is one of the caller's."""
    return caller.sites is None or whole().register.site_behind(site) in caller.sites


def _named() -> list[str]:
    """Every site that the address names, wherever in it."""
    in_path = (request.view_args or {}).get("site")
    return [site for site in (*request.args.getlist("site_id"), in_path) if site]
