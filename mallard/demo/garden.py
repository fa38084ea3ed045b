"""garden.example, the demo's blog: many short posts about plants, and a newsletter."""

from __future__ import annotations

from mallard.demo.rhythm import Rhythm
from mallard.demo.sites import Detail, Goal, Kind, Site, Source
from mallard.demo.weighted import Weighted, long_tail, only, weighted

_TASKS = """
sowing pruning watering harvesting overwintering feeding transplanting mulching propagating
companions-for
"""
_PLANTS = """
tomatoes roses garlic lavender potatoes dahlias courgettes strawberries kale hydrangeas chillies
runner-beans apple-trees
"""


def _posts() -> list[str]:
    """Every task with every plant, well mixed: the counts of both have no common divisor."""
    tasks, plants = _TASKS.split(), _PLANTS.split()
    pairs = (
        (tasks[n % len(tasks)], plants[n % len(plants)]) for n in range(len(tasks) * len(plants))
    )
    return [f"/{task}-{plant}" for task, plant in pairs]


_TOPICS = (
    "/topics/vegetables",
    "/topics/flowers",
    "/topics/soil",
    "/topics/trees",
    "/topics/tools",
)
_FORMS = Weighted(
    [
        (Detail('{"form":"below-post"}'), 60),
        (Detail('{"form":"sidebar"}'), 25),
        (Detail('{"form":"footer"}'), 15),
    ]
)
_SHOPS = Weighted(
    [
        (Detail('{"url":"https://seeds.example/catalogue"}'), 3),
        (Detail('{"url":"https://www.rhs.org.uk/"}'), 2),
        (Detail('{"url":"https://tools.example/secateurs"}'), 1),
    ]
)

_KINDS = {
    "home": Kind(
        pages=only("/"),
        bounces=0.34,
        leaves=0.28,
        stay_secs=25,
        moves=weighted(post=66, topic=20, about=7, newsletter=7),
    ),
    "post": Kind(
        pages=long_tail(_posts(), 0.85),
        bounces=0.50,
        leaves=0.45,
        stay_secs=95,
        moves=weighted(post=55, home=19, topic=22, newsletter=4),
        goals=(Goal("newsletter", 0.012, _FORMS), Goal("outbound_link", 0.035, _SHOPS)),
    ),
    "topic": Kind(
        pages=long_tail(_TOPICS),
        bounces=0.42,
        leaves=0.24,
        stay_secs=28,
        moves=weighted(post=84, topic=8, home=8),
    ),
    "about": Kind(
        pages=only("/about"),
        bounces=0.45,
        leaves=0.55,
        stay_secs=40,
        moves=weighted(home=45, post=45, newsletter=10),
    ),
    "newsletter": Kind(
        pages=only("/newsletter"),
        bounces=0.40,
        leaves=0.60,
        stay_secs=30,
        moves=weighted(post=60, home=40),
        goals=(Goal("newsletter", 0.34, only(Detail('{"form":"page"}'))),),
    ),
}

_FOUND = weighted(post=90, topic=6, home=4)
_SHARED = weighted(post=85, home=15)

_DIRECT = Source(None, weighted(home=55, post=40, topic=5))

_SOURCES = (
    (Source("https://www.{google}/", _FOUND), 46),
    (_DIRECT, 23),
    (Source("https://www.pinterest.com/", _SHARED), 8),
    (Source("https://www.bing.com/", _FOUND), 5),
    (Source("https://duckduckgo.com/", _FOUND), 4),
    (Source("https://www.facebook.com/", _SHARED), 4),
    (Source("https://www.instagram.com/", weighted(home=70, post=30)), 3),
    (Source("https://www.reddit.com/r/gardening/", _SHARED), 3),
    (Source("https://search.brave.com/", _FOUND), 1.2),
    (Source("https://mastodon.social/", _SHARED), 1),
    (
        Source(None, weighted(post=90, home=10), "utm_source=sunday-letter&utm_medium=email"),
        4,
    ),
    (
        Source(
            "https://www.facebook.com/",
            weighted(newsletter=60, post=40),
            "utm_source=facebook&utm_medium=paid-social&utm_campaign=spring-planner",
            (0.25, 0.55),
        ),
        3,
    ),
)

_EVENINGS = Rhythm(
    until_noon=(1.6, 1, 0.7, 0.6, 0.7, 1.2, 2.4, 3.8, 4.4, 4.6, 4.8, 5),
    from_noon=(5.4, 5, 4.6, 4.6, 5, 5.6, 6.4, 7.4, 7.8, 7, 5, 3),
    utc_offset_hours=0,
    weekdays=(1.04, 1.02, 1.02, 1.0, 0.92, 0.78, 0.88),
    growth=1.3,
)

GARDEN = Site(
    domain="garden.example",
    share=0.28,
    rhythm=_EVENINGS,
    kinds=_KINDS,
    direct=_DIRECT,
    sources=_SOURCES,
    favours={"GB": 3.5, "DE": 1.4, "NL": 1.5, "IN": 0.3, "JP": 0.5, "BR": 0.6},
)
