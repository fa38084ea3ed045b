"""Visits as Matomo's Live API gives them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ACTION: dict[str, Any] = {
    "type": "action",
    "url": "https://www.example.com/pricing?utm_source=news",
    "pageTitle": "Prices",
    "pageIdAction": "3",
    "timestamp": 1773135007,
    "timeSpent": "12",
}
VISIT: dict[str, Any] = {
    "idSite": "1",
    "idVisit": "77",
    "visitorId": "a1b2c3d4e5f60718",
    "userId": None,
    "referrerUrl": "https://duckduckgo.com/",
    "browserName": "Chrome Mobile",
    "browserVersion": "120.0",
    "operatingSystemName": "Android",
    "operatingSystemVersion": "14",
    "deviceType": "Smartphone",
    "languageCode": "de",
    "countryCode": "de",
    "regionCode": "BY",
    "region": "Bayern",
    "city": "Munich",
    "resolution": "412x915",
}


def a_visit(*actions: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A visit of one action for each of the changes to ACTION."""
    return VISIT | {"actionDetails": [ACTION | action for action in actions]} | changes


def a_file(path: Path, *visits: Any, indent: int | None = None) -> Path:
    """The API's answer with these visits."""
    path.write_text(json.dumps(list(visits), indent=indent), encoding="utf-8")
    return path
