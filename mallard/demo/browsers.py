"""The browsers of the demo's visitors: user agents as sent today, their shares and viewports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mallard.demo.weighted import Weighted

DEVICES = ("windows", "mac", "linux", "iphone", "android", "tablet")

_BLINK = "AppleWebKit/537.36 (KHTML, like Gecko)"
_WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
_ON_WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_BLINK}"
_ON_MAC = f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_BLINK}"
_ON_LINUX = f"Mozilla/5.0 (X11; Linux x86_64) {_BLINK}"
_ON_ANDROID = f"Mozilla/5.0 (Linux; Android 10; K) {_BLINK}"
_SAFARI_ON_MAC = f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_WEBKIT}"

_AGENTS: Mapping[str, tuple[tuple[str, float], ...]] = {
    "windows": (
        (f"{_ON_WINDOWS} Chrome/148.0.0.0 Safari/537.36", 46),
        (f"{_ON_WINDOWS} Chrome/147.0.0.0 Safari/537.36", 13),
        (f"{_ON_WINDOWS} Chrome/148.0.0.0 Safari/537.36 Edg/148.0.0.0", 20),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:148.0) Gecko/20100101 Firefox/148.0", 12),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", 3),
        (f"{_ON_WINDOWS} Chrome/146.0.0.0 Safari/537.36 OPR/130.0.0.0", 4),
    ),
    "mac": (
        (f"{_ON_MAC} Chrome/148.0.0.0 Safari/537.36", 40),
        (f"{_ON_MAC} Chrome/147.0.0.0 Safari/537.36", 9),
        (f"{_SAFARI_ON_MAC} Version/26.4 Safari/605.1.15", 27),
        (f"{_SAFARI_ON_MAC} Version/18.6 Safari/605.1.15", 9),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:148.0) Gecko/20100101 Firefox/148.0",
            11,
        ),
        (f"{_ON_MAC} Chrome/148.0.0.0 Safari/537.36 Edg/148.0.0.0", 3),
    ),
    "linux": (
        (f"{_ON_LINUX} Chrome/148.0.0.0 Safari/537.36", 45),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0", 38),
        ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0", 17),
    ),
    "iphone": (
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) {_WEBKIT}"
            " Version/26.4 Mobile/15E148 Safari/604.1",
            58,
        ),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) {_WEBKIT}"
            " Version/18.6 Mobile/15E148 Safari/604.1",
            24,
        ),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) {_WEBKIT}"
            " CriOS/148.0.7778.100 Mobile/15E148 Safari/604.1",
            14,
        ),
    ),
    "android": (
        (f"{_ON_ANDROID} Chrome/148.0.0.0 Mobile Safari/537.36", 60),
        (f"{_ON_ANDROID} Chrome/147.0.0.0 Mobile Safari/537.36", 15),
        (f"{_ON_ANDROID} SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36", 14),
        ("Mozilla/5.0 (Android 15; Mobile; rv:148.0) Gecko/148.0 Firefox/148.0", 6),
    ),
    "tablet": (
        (f"{_SAFARI_ON_MAC} Version/26.4 Safari/605.1.15", 60),
        (f"{_ON_ANDROID} Chrome/148.0.0.0 Safari/537.36", 40),
    ),
}
# An iPad's Safari calls itself a Mac: only its viewport tells that it is a tablet.

_DESKTOP_WIDTHS = ((1920, 38), (1536, 17), (1440, 11), (1366, 12), (1280, 8), (2560, 10), (1680, 4))
_VIEWPORT_WIDTHS: Mapping[str, tuple[tuple[int, float], ...]] = {
    "windows": _DESKTOP_WIDTHS,
    "mac": ((1440, 30), (1512, 25), (1728, 20), (1280, 8), (1920, 12), (2560, 5)),
    "linux": _DESKTOP_WIDTHS,
    "iphone": ((390, 36), (393, 28), (402, 14), (430, 12), (375, 10)),
    "android": ((412, 46), (360, 30), (384, 14), (393, 10)),
    "tablet": ((820, 34), (768, 20), (834, 18), (800, 18), (810, 10)),
}


@dataclass(frozen=True, slots=True)
class Browser:
    """What the server sees of a visitor's browser; `width` is the viewport's, in pixels."""

    user_agent: str
    width: int


def browsers(devices: Mapping[str, float]) -> Weighted[Browser]:
    """The browsers of people whose devices have these shares."""
    return Weighted(
        (Browser(agent, width), share * (agent_share / agents) * (width_share / widths))
        for device, share in devices.items()
        for agents in [sum(weight for _, weight in _AGENTS[device])]
        for widths in [sum(weight for _, weight in _VIEWPORT_WIDTHS[device])]
        for agent, agent_share in _AGENTS[device]
        for width, width_share in _VIEWPORT_WIDTHS[device]
    )
