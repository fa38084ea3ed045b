"""The declared list of settings: every key once, with its type, bounds, default and meaning.

Those of what comes in are in `collecting`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from mallard.config import rules
from mallard.config.about import About, AboutTable
from mallard.config.cluster import Cluster
from mallard.config.collecting import Collecting
from mallard.config.kinds import CountOrOff, Seconds, SecondsOrOff
from mallard.config.oidc import Oidc
from mallard.config.peers import Peers
from mallard.config.portal import Portal
from mallard.config.smtp import Smtp
from mallard.config.umami import UmamiSettings
from mallard.config.webhooks import Webhooks


class Settings(Collecting, frozen=True, kw_only=True):
    """Everything an operator can choose, valid and complete. Its repr shows no secret."""

    secret: Annotated[
        str | None,
        About(
            "Key of the visitor id hash, 32 random characters or more (16 at least); made once and"
            " kept in data_dir when not set.",
            section="Visitors and privacy",
            secret=True,
            rule=rules.secret,
        ),
    ] = None
    visitor_id_rotation: Annotated[
        Literal["daily", "weekly", "monthly"],
        About(
            "How long a visitor keeps one id; longer shows returning visitors, and is less private."
        ),
    ] = "daily"
    visitor_salts: Annotated[
        Literal["random", "derived"],
        About(
            "Where the salt of visitor ids comes from: random ones are destroyed when their time is"
            " over, so that nobody can trace an id back; derived ones follow from the secret for"
            " ever."
        ),
    ] = "random"
    visitor_salt_grace_days: Annotated[
        int,
        Meta(ge=0, le=31),
        About("Days for which a random salt is kept after its time, for events that come late."),
    ] = 2
    gdpr_mode: Annotated[
        bool,
        About(
            "Preset: turns on the five flags that follow, keeps no more than the country, and"
            " respects GPC unless respect_gpc says otherwise."
        ),
    ] = False
    strip_referrer_query: Annotated[
        bool, About("Store referrers without their query and fragment.")
    ] = False
    round_timestamps: Annotated[bool, About("Store times cut to the hour.")] = False
    suppress_browser_version: Annotated[bool, About("Store the browser without its version.")] = (
        False
    )
    suppress_os_version: Annotated[
        bool, About("Store the operating system without its version.")
    ] = False
    suppress_screen_size: Annotated[bool, About("Store neither screen size nor device type.")] = (
        False
    )
    suppress_visitor_id: Annotated[
        bool, About("Give every event an id of its own; unique visitors can no longer be counted.")
    ] = False
    geoip_precision: Annotated[
        Literal["city", "region", "country", "none"], About("The finest location that is stored.")
    ] = "city"
    respect_gpc: Annotated[
        bool, About("Drop events of browsers that send Global Privacy Control (Sec-GPC: 1).")
    ] = False

    admin_password: Annotated[
        str | None,
        About(
            "Password of the dashboard; wins over one set through the setup page.",
            section="Access",
            secret=True,
        ),
    ] = None
    session_ttl_secs: Annotated[
        Seconds, About("Seconds until a login expires.", variables=("MALLARD_SESSION_TTL",))
    ] = 86_400
    max_login_attempts: Annotated[
        CountOrOff, About("Failed logins after which an address is locked out; 0 = never.")
    ] = 5
    login_lockout_secs: Annotated[
        Seconds, About("Seconds that a lockout lasts.", variables=("MALLARD_LOGIN_LOCKOUT",))
    ] = 300
    metrics_token: Annotated[
        str | None, About("Bearer token that /metrics asks for, if set.", secret=True)
    ] = None

    language: Annotated[
        Literal["en", "de"],
        About(
            "Language of mails and alerts, and of pages where the browser asks for none that is"
            " known: en or de.",
            section="Language",
        ),
    ] = "en"

    cache_ttl_secs: Annotated[
        SecondsOrOff,
        About(
            "Seconds that a report is kept in memory; 0 = not at all.",
            variables=("MALLARD_CACHE_TTL",),
            section="Reports",
        ),
    ] = 60
    cache_max_entries: Annotated[
        CountOrOff, About("Reports kept in memory at most; 0 = no limit.")
    ] = 10_000
    max_concurrent_queries: Annotated[
        CountOrOff, About("Heavy reports computed at the same time at most; 0 = no limit.")
    ] = 10
    query_timeout_secs: Annotated[Seconds, About("Seconds after which a report is given up.")] = 30
    stats_rate_limit: Annotated[
        CountOrOff, About("Report requests per minute and credential; 0 = no limit.")
    ] = 0
    duckdb_threads: Annotated[
        int,
        Meta(ge=0, le=1024),
        About(
            "Threads that DuckDB may use; 0 = one for each core, as long as there are 64 MiB of"
            " duckdb_memory_limit for each."
        ),
    ] = 0
    duckdb_memory_limit: Annotated[
        str,
        About(
            'Memory that DuckDB may use, as in "512MB" and at least "96MB", to which the process'
            " adds about 250 MB, and beyond which reports use the disk or are refused; empty = two"
            " fifths of the machine's or the container's memory, 1 GiB at most.",
            rule=rules.memory,
        ),
    ] = ""

    log_format: Annotated[
        Literal["text", "json"], About("Form of the log lines.", section="Logging")
    ] = "text"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], About("The least serious lines to write.")
    ] = "info"

    oidc: Annotated[
        Oidc | None,
        AboutTable(
            "Lets people sign in through a provider of OpenID Connect; there only where the file"
            " has this table or one of its variables is set.",
            section="Single sign-on",
        ),
    ] = None
    smtp: Annotated[
        Smtp | None,
        AboutTable(
            "Sends mail: reports, alerts, invitations; there only where the file has this table or"
            " one of its variables is set.",
            section="Mail",
        ),
    ] = None
    webhooks: Annotated[
        Webhooks | None,
        AboutTable(
            "Where alerts may be posted to; without this table, to all servers but those in the"
            " server's own network.",
            section="Webhooks",
        ),
    ] = None
    portal: Annotated[
        Portal | None,
        AboutTable(
            "Counts downloads, git clones, the use of tools and of a catalog; there only where the"
            " file has this table or one of its variables is set.",
            section="Portal",
            sample=(
                "[portal.projects.pets]\n"
                'downloads = "/srv/releases/pets"  # or "https://host/path/{version}/{asset}"\n'
                'git = "https://git.example.org/group/pets.git"'
            ),
        ),
    ] = None
    peers: Annotated[
        Peers | None,
        AboutTable(
            "Other products' clients go on as they are; there only where the file has this table or"
            " one of its variables is set.",
            section="Other products",
        ),
    ] = None
    umami: Annotated[
        UmamiSettings | None,
        AboutTable(
            "Takes in what pages send that were counted by Umami, at /api/send; there only where"
            " the file has this table. A website's id is that of its data-website-id.",
            section="Umami's place",
            sample=('[umami.websites]\n"d5c2c2a4-8d0f-4f62-9f3b-6a1f3f3c9a10" = "example.com"'),
        ),
    ] = None

    cluster: Annotated[
        Cluster | None,
        AboutTable(
            "Makes this server one of several that share what they have collected; there only where"
            " the file has this table or one of its variables is set.",
            section="More than one server",
        ),
    ] = None

    @property
    def public_address(self) -> str:
        """Where browsers reach this Mallard; empty where `dashboard_origin` does not say it."""
        return f"{self.dashboard_origin}{self.base_path}" if self.dashboard_origin else ""

    def __repr__(self) -> str:
        return f"<Settings of {self.data_dir}>"
