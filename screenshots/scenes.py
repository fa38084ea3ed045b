"""What is pictured: the pages, how wide, and in which theme."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Theme = Literal["light", "dark"]

THEMES: tuple[Theme, ...] = ("light", "dark")
SIZES = {1440: 900, 1024: 768, 390: 844}
"""Widths of the window and their heights: a desk, a tablet, a phone."""

_SITE = "/?site_id=acme.example"
_FUNNEL = "funnel=page:/&funnel=page:/pricing&funnel=page:/signup&funnel=event:signup"


@dataclass(frozen=True, slots=True)
class Scene:
    """A page, or the `part` of it that a selector finds; `is_whole` goes on below the window."""

    name: str
    path: str
    part: str | None = None
    is_whole: bool = False
    is_public: bool = False


SCENES = (
    Scene("sites", "/"),
    Scene("site", _SITE, is_whole=True),
    Scene("comparison", f"{_SITE}&compare=previous&metric=pageviews"),
    Scene("details", "/details/pages?site_id=acme.example&compare=previous"),
    Scene("realtime", "/realtime?site_id=acme.example"),
    Scene("funnel", f"{_SITE}&tab=funnel&{_FUNNEL}&window=1+day", "#panel-events"),
    Scene("retention", f"{_SITE}&period=90d&tab=retention&weeks=8", "#panel-events"),
    Scene("revenue", f"{_SITE}&tab=revenue&compare=previous", "#panel-events"),
    Scene("settings", "/settings"),
    Scene("login", "/login", is_public=True),
)


def file_name(scene: Scene, width: int, theme: Theme) -> str:
    """What the picture of a scene is called: `site-1440-light.png`."""
    return f"{scene.name}-{width}-{theme}.png"
