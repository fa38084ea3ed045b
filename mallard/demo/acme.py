"""acme.example, the demo's product site: who finds it, how, and when."""

from __future__ import annotations

from mallard.demo.acme_pages import KINDS
from mallard.demo.rhythm import Rhythm
from mallard.demo.sites import Site, Source
from mallard.demo.weighted import weighted

_FOUND = weighted(home=34, docs=30, post=24, pricing=6, features=6)
_SHARED = weighted(post=62, home=22, docs=8, features=8)
_KNOWN = weighted(home=58, docs=24, pricing=8, blog=7, checkout=2)
_DIRECT = Source(None, _KNOWN)
_NEWS_READERS = Source("https://news.ycombinator.com/", weighted(news=90, home=10))
_LAUNCH = "utm_campaign=status-pages-launch"
_ADS = "utm_source=google&utm_medium=cpc&utm_campaign="

_SOURCES = (
    (_DIRECT, 31),
    (Source("https://www.{google}/", _FOUND), 30),
    (Source("https://www.bing.com/", _FOUND), 4),
    (Source("https://duckduckgo.com/", _FOUND), 4.5),
    (
        Source(
            "https://chatgpt.com/",
            weighted(docs=50, home=30, features=20),
            "utm_source=chatgpt.com",
        ),
        3,
    ),
    (Source("https://github.com/acme-example/agent", weighted(docs=55, home=45)), 5),
    (Source("https://www.reddit.com/", _SHARED), 3.5),
    (Source("https://t.co/", _SHARED), 2.5),
    (Source("https://www.linkedin.com/", _SHARED), 2.2),
    (Source("https://lobste.rs/", _SHARED, active=(0.2, 0.35)), 2),
    (_NEWS_READERS, 1.2),
    (Source("https://garden.example/about", weighted(home=1)), 0.6),
    (Source(None, weighted(home=60, pricing=40), "ref=producthunt", (0.45, 0.6)), 3.5),
    (
        Source(
            "https://www.{google}/", weighted(home=60, pricing=40), f"{_ADS}brand&utm_term=acme"
        ),
        3,
    ),
    (
        Source(
            "https://www.{google}/",
            weighted(features=70, pricing=30),
            f"{_ADS}uptime-eu&utm_term=uptime+monitoring&utm_content=headline-b",
            (0.4, 1.0),
        ),
        3.5,
    ),
    (
        Source(
            None,
            weighted(post=65, features=20, home=15),
            "utm_source=newsletter&utm_medium=email&utm_campaign=monthly-digest",
        ),
        3,
    ),
    (
        Source(
            "https://www.linkedin.com/",
            weighted(features=80, pricing=20),
            f"utm_source=linkedin&utm_medium=paid-social&{_LAUNCH}",
            (0.5, 0.85),
        ),
        3,
    ),
    (
        Source(
            None,
            weighted(features=70, home=30),
            f"utm_source=newsletter&utm_medium=email&{_LAUNCH}",
            (0.5, 0.6),
        ),
        4,
    ),
)

_OFFICE_HOURS = Rhythm(
    until_noon=(2, 1.4, 1, 0.9, 1, 1.4, 2.2, 3.6, 5.6, 7, 7.4, 7.2),
    from_noon=(6.2, 6.8, 7.6, 7.8, 7.6, 7, 6, 5.2, 4.8, 4.2, 3.6, 2.8),
    utc_offset_hours=1,
    weekdays=(1.06, 1.12, 1.12, 1.06, 0.94, 0.52, 0.56),
    growth=1.55,
)

ACME = Site(
    domain="acme.example",
    share=0.72,
    rhythm=_OFFICE_HOURS,
    kinds=KINDS,
    direct=_DIRECT,
    sources=_SOURCES,
    surge=_NEWS_READERS,
)
