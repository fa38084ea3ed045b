"""What a user agent tells: browser, operating system and kind of device, in everyday names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import ua_parser
from ua_parser.regex import Resolver
from user_agents import parsers as user_agents  # type: ignore[import-untyped]

from mallard.ingest.urls import plain_text

MAX_LENGTH = 1024
"""Only this much of a user agent is read and remembered: the caches are bounded in bytes too."""
MAX_NAME_LENGTH = 64

# ua-parser's rules in its compiled matcher, without its cache: results are cached here.
_PARSER = ua_parser.Parser(Resolver(ua_parser.load_lazy_builtins()))

# A browser is one browser on every device, and an app's web view is the engine's browser, unless
# ua-parser knows the app (Facebook, Instagram ...).
BROWSERS = {
    "Android": "Android Browser",
    "Chrome Mobile": "Chrome",
    "Chrome Mobile WebView": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "DuckDuckGo Mobile": "DuckDuckGo",
    "Ecosia Android": "Ecosia",
    "Ecosia iOS": "Ecosia",
    "Edge Mobile": "Edge",
    "Firefox Alpha": "Firefox",
    "Firefox Beta": "Firefox",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "Google": "Google App",
    "IE": "Internet Explorer",
    "IE Large Screen": "Internet Explorer",
    "IE Mobile": "Internet Explorer",
    "MiuiBrowser": "Mi Browser",
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "Safari",
    "Opera Mobile": "Opera",
    "Opera Touch": "Opera",
    "QQ Browser Mini": "QQ Browser",
    "QQ Browser Mobile": "QQ Browser",
}
SYSTEMS = {
    "ATV OS X": "tvOS",
    "Mac OS X": "macOS",
    "WatchOS": "watchOS",
    "Web0S": "webOS",
}
UNKNOWN = "Other"


@dataclass(frozen=True, slots=True)
class Agent:
    """A browser as people know it; None for what is not known.

    `browser_version` is major.minor, `device_type` is desktop, mobile or tablet. An iPad whose
    Safari calls itself a Macintosh is a desktop: only its viewport would tell.
    """

    browser: str | None = None
    browser_version: str | None = None
    os: str | None = None
    os_version: str | None = None
    device_type: str | None = None


class _Device(user_agents.UserAgent):  # type: ignore[misc]
    """The device rules of `user_agents` on a result of ua-parser's fast matcher.

    The base's own constructor would call ua-parser's legacy one, which is many times slower.
    """

    def __init__(self, parsed: ua_parser.DefaultedResult) -> None:
        browser, system, device = parsed.user_agent, parsed.os, parsed.device
        self.ua_string = parsed.string
        self.browser = user_agents.parse_browser(browser.family, browser.major, browser.minor)
        self.os = user_agents.parse_operating_system(system.family, system.major, system.minor)
        self.device = user_agents.parse_device(device.family, device.brand, device.model)

    def _is_android_tablet(self) -> bool:
        # The base asks for "Mobile Safari", which many browsers and web views of phones lack.
        is_phone = self.device.family in user_agents.MOBILE_DEVICE_FAMILIES
        return "Mobile" not in self.ua_string and not is_phone

    @property
    def type(self) -> str | None:
        """desktop, mobile, tablet, or None for televisions, consoles and the unknown."""
        if self.is_tablet:
            return "tablet"
        if self.is_mobile:
            return "mobile"
        if self.is_pc or "X11;" in self.ua_string:
            return "desktop"
        return "mobile" if "Mobile" in self.ua_string else None


def parse_agent(user_agent: str) -> Agent:
    """The browser, system and device that the user agent names."""
    return _agent(user_agent[:MAX_LENGTH])


def device_type(width: int | None, agent: Agent) -> str | None:
    """The kind of device by its viewport's width in pixels, without one by its user agent."""
    if width is None or not 1 <= width <= 65_535:
        return agent.device_type
    if width < 768:
        return "mobile"
    return "tablet" if width < 1024 else "desktop"


@lru_cache(maxsize=64)
def parse_families(user_agent: str) -> ua_parser.DefaultedResult:
    """ua-parser's own answer, remembered until each step of the same event has read it."""
    return _PARSER.parse(plain_text(user_agent)).with_defaults()


@lru_cache(maxsize=4096)
def _agent(user_agent: str) -> Agent:
    parsed = parse_families(user_agent)
    browser, system = parsed.user_agent, parsed.os
    family = "Firefox" if browser.family.startswith("Firefox (") else browser.family
    return Agent(
        browser=_name(family, BROWSERS),
        browser_version=_version(browser.major, browser.minor),
        os=_name(system.family, SYSTEMS),
        os_version=_version(system.major, system.minor, system.patch),
        device_type=_Device(parsed).type,
    )


def _name(family: str, names: dict[str, str]) -> str | None:
    if not family or family == UNKNOWN:
        return None
    return names.get(family, family)[:MAX_NAME_LENGTH]


def _version(*parts: str | None) -> str | None:
    return ".".join(part for part in parts if part)[:MAX_NAME_LENGTH] or None
