"""The pages and goals of acme.example, the demo's product site: an uptime monitor."""

from __future__ import annotations

from mallard.demo.sites import Detail, Goal, Kind
from mallard.demo.weighted import Weighted, long_tail, only, weighted

_DOCS = """
quickstart installation configuration checks/http alerts/slack api/authentication checks/ssl
alerts/webhooks status-pages api/checks checks/cron alerts/email integrations/terraform
integrations/prometheus checks/tcp api/incidents checks/dns teams/roles alerts/escalation
integrations/grafana api/rate-limits teams/single-sign-on self-hosting upgrading troubleshooting
"""
_POSTS = """
what-a-minute-of-downtime-costs we-moved-our-monitoring-off-the-cloud on-call-without-burnout
monitoring-cron-jobs-that-fail-silently a-status-page-people-trust postgres-failover-in-practice
alert-fatigue-is-a-design-problem certificates-expire-on-sundays release-4-2 dns-is-always-the-cause
the-anatomy-of-an-incident-review release-4-1 slo-error-budgets-for-small-teams probing-from-space
how-we-test-our-own-alerts ten-years-of-incidents release-4-0 health-checks-that-lie
measuring-latency-honestly the-case-against-five-nines timeouts-retries-and-hope release-3-9
synthetic-checks-for-checkout-pages latency-budgets-by-example our-first-bad-outage release-3-8
choosing-a-check-interval webhooks-that-always-arrive a-tour-of-our-probes release-3-7
"""

_DOWNLOADS = Weighted(
    [
        (Detail('{"file":"acme-agent-linux-amd64.tar.gz"}'), 58),
        (Detail('{"file":"acme-agent-macos.pkg"}'), 24),
        (Detail('{"file":"acme-agent-windows.msi"}'), 18),
    ]
)
_TRIALS = Weighted(
    [
        (Detail('{"plan":"starter"}'), 52),
        (Detail('{"plan":"team"}'), 38),
        (Detail('{"plan":"business"}'), 10),
    ]
)
_PURCHASES = Weighted(
    [
        (Detail('{"plan":"starter","billing":"monthly"}', 9.00), 38),
        (Detail('{"plan":"starter","billing":"yearly"}', 90.00), 12),
        (Detail('{"plan":"team","billing":"monthly"}', 29.00), 27),
        (Detail('{"plan":"team","billing":"yearly"}', 290.00), 11),
        (Detail('{"plan":"business","billing":"monthly"}', 99.00), 9),
        (Detail('{"plan":"business","billing":"yearly"}', 990.00), 3),
    ]
)
_LINKS = Weighted(
    [
        (Detail('{"url":"https://github.com/acme-example/agent"}'), 5),
        (Detail('{"url":"https://prometheus.io/docs/introduction/overview/"}'), 2),
        (Detail('{"url":"https://registry.terraform.io/"}'), 1),
        (Detail('{"url":"https://www.postgresql.org/docs/"}'), 1),
    ]
)
_OUTBOUND = Goal("outbound_link", 0.05, _LINKS)


_FEATURES = long_tail(["/features", "/features/alerts", "/features/status-pages", "/customers"])
_READING = weighted(post=32, blog=18, home=30, features=14, pricing=6)

KINDS = {
    "home": Kind(
        pages=only("/"),
        bounces=0.36,
        leaves=0.25,
        stay_secs=28,
        moves=weighted(features=34, pricing=29, docs=20, blog=11, signup=6),
    ),
    "features": Kind(
        pages=_FEATURES,
        bounces=0.40,
        leaves=0.28,
        stay_secs=45,
        moves=weighted(features=36, pricing=38, signup=7, docs=11, home=8),
    ),
    "pricing": Kind(
        pages=only("/pricing"),
        bounces=0.38,
        leaves=0.36,
        stay_secs=55,
        moves=weighted(signup=42, features=28, docs=14, home=16),
    ),
    "signup": Kind(
        pages=only("/signup"),
        bounces=0.35,
        leaves=0.60,
        stay_secs=50,
        moves=weighted(pricing=58, home=42),
        goals=(Goal("signup", 0.42, _TRIALS, leads_to="welcome"),),
    ),
    "welcome": Kind(
        pages=only("/welcome"),
        bounces=0.30,
        leaves=0.28,
        stay_secs=40,
        moves=weighted(docs=36, download=24, checkout=40),
    ),
    "checkout": Kind(
        pages=only("/checkout"),
        bounces=0.30,
        leaves=0.75,
        stay_secs=75,
        moves=weighted(pricing=70, home=30),
        goals=(Goal("purchase", 0.6, _PURCHASES, leads_to="thanks"),),
    ),
    "thanks": Kind(
        pages=only("/checkout/thanks"),
        bounces=0.50,
        leaves=0.55,
        stay_secs=25,
        moves=weighted(docs=65, download=35),
    ),
    "docs": Kind(
        pages=long_tail(f"/docs/{page}" for page in _DOCS.split()),
        bounces=0.46,
        leaves=0.30,
        stay_secs=80,
        moves=weighted(docs=76, download=9, home=8, pricing=7),
        goals=(_OUTBOUND,),
    ),
    "download": Kind(
        pages=only("/download"),
        bounces=0.40,
        leaves=0.45,
        stay_secs=35,
        moves=weighted(docs=80, home=20),
        goals=(Goal("download", 0.55, _DOWNLOADS),),
    ),
    "blog": Kind(
        pages=only("/blog"),
        bounces=0.40,
        leaves=0.25,
        stay_secs=30,
        moves=weighted(post=85, home=15),
    ),
    "post": Kind(
        pages=long_tail((f"/blog/{post}" for post in _POSTS.split()), 0.8),
        bounces=0.63,
        leaves=0.44,
        stay_secs=110,
        moves=_READING,
        goals=(_OUTBOUND,),
    ),
    "news": Kind(
        pages=only("/blog/we-moved-our-monitoring-off-the-cloud"),
        bounces=0.66,
        leaves=0.44,
        stay_secs=120,
        moves=_READING,
        goals=(_OUTBOUND,),
    ),
}
