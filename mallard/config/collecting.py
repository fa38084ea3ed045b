"""The declared settings of what comes in: where Mallard listens, keeps it, and what it collects."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from mallard.config import rules
from mallard.config.about import About
from mallard.config.kinds import OWN_NETWORKS, Count, CountOrOff, Seconds, Threads
from mallard.config.rules import Network


class Collecting(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of network, data and collecting, which come first in every list of them."""

    # All interfaces, as documented: in a container there is no other way to be reached.
    host: Annotated[
        str, About("Address or host name to listen on.", section="Network", rule=rules.host)
    ] = "0.0.0.0"  # noqa: S104  # nosec B104
    port: Annotated[
        int, Meta(ge=0, le=65535), About("TCP port to listen on; 0 takes any free port.")
    ] = 8000
    server_threads: Annotated[
        Threads, About("Threads that answer requests; keep more than max_concurrent_queries + 4.")
    ] = 16
    trusted_proxies: Annotated[
        tuple[Network, ...],
        About(
            "Networks and addresses whose X-Forwarded-For and X-Real-IP headers are believed;"
            " an empty list believes nobody.",
            rule=rules.networks,
        ),
    ] = OWN_NETWORKS
    client_ip_header: Annotated[
        str,
        About(
            "Header in which a CDN tells the visitor's address, such as CF-Connecting-IP; believed"
            " where all who passed the request on are trusted_proxies, the CDN's networks too.",
            rule=rules.header,
        ),
    ] = ""
    country_header: Annotated[
        str,
        About(
            "Header in which a CDN tells the visitor's country, such as CF-IPCountry; believed as"
            " client_ip_header is, where no location database knows the country.",
            rule=rules.header,
        ),
    ] = ""
    base_path: Annotated[
        str,
        About(
            "Path below which Mallard stands on its host, such as /stats, whether a proxy takes it"
            " off or not; if empty, the X-Forwarded-Prefix of trusted_proxies is believed.",
            rule=rules.base_path,
        ),
    ] = ""
    dashboard_origin: Annotated[
        str | None,
        About(
            "Public origin of the dashboard, the only one CORS and CSRF allow.", rule=rules.origin
        ),
    ] = None
    secure_cookies: Annotated[
        bool,
        About(
            "Send the session cookie over https only, also where no trusted proxy says that it was"
            " asked so."
        ),
    ] = False
    security_contact: Annotated[
        str | None, About("Address or URL that /.well-known/security.txt names as the contact.")
    ] = None

    data_dir: Annotated[
        Path,
        About(
            "Directory of the database, the journal and the Parquet files.",
            section="Data",
            rule=rules.path,
        ),
    ] = Path("data")
    flush_event_count: Annotated[
        Count, About("Events that gather before a flush.", variables=("MALLARD_FLUSH_COUNT",))
    ] = 1000
    flush_interval_secs: Annotated[
        Seconds, About("Seconds between two timed flushes.", variables=("MALLARD_FLUSH_INTERVAL",))
    ] = 60
    journal_sync_ms: Annotated[
        int,
        Meta(ge=1, le=60_000),
        About("Milliseconds of accepted events that a power loss may cost at most."),
    ] = 1000
    retention_days: Annotated[
        int,
        Meta(ge=0, le=36_500),
        About("Days after which a site's data goes, by way of the trash; 0 = never."),
    ] = 0
    shutdown_timeout_secs: Annotated[
        Seconds,
        About(
            "Seconds that an orderly stop may take.",
            variables=("MALLARD_SHUTDOWN_TIMEOUT", "MALLARD_SHUTDOWN_TIMEOUT_SECS"),
        ),
    ] = 30

    site_ids: Annotated[
        tuple[str, ...],
        About(
            "Sites that may send events, or *.example.com; an empty list accepts every site.",
            section="Collecting",
            rule=rules.listed_sites,
        ),
    ] = ()
    filter_bots: Annotated[bool, About("Drop events of known crawlers and headless browsers.")] = (
        True
    )
    record_engagement: Annotated[
        bool,
        About(
            "Store what pages tell of themselves, by which visits last until pages are left: how"
            " long and how far down these are looked at, and how quick they are."
        ),
    ] = True
    filter_referrer_spam: Annotated[
        bool, About("Drop events whose referrer is on the list of known spammers.")
    ] = True
    referrer_spam_list: Annotated[
        Path | None,
        About(
            "File of hosts, one a line, that is the list of spammers; empty = the one shipped.",
            rule=rules.path,
        ),
    ] = None
    rate_limit_per_site: Annotated[
        CountOrOff,
        About(
            "Events accepted per second and site; 0 = no limit.", variables=("MALLARD_RATE_LIMIT",)
        ),
    ] = 0
    max_new_sites_per_hour: Annotated[
        CountOrOff, About("Sites never seen before that may appear per hour; 0 = no limit.")
    ] = 100
    geoip_db_path: Annotated[
        Path | None,
        About(
            "Location database (.mmdb): GeoLite2, DB-IP, IP2Location or IPinfo.",
            variables=("MALLARD_GEOIP_DB",),
            rule=rules.path,
        ),
    ] = None
    geoip_builtin: Annotated[
        bool,
        About(
            "Without a location database, tell the country by where an address is registered, which"
            " is approximate."
        ),
    ] = True
