"""What `gdpr_mode` stands for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FORCED = {
    "strip_referrer_query": True,
    "round_timestamps": True,
    "suppress_browser_version": True,
    "suppress_os_version": True,
    "suppress_screen_size": True,
}


def apply_gdpr_mode(values: dict[str, Any], origins: dict[str, Any]) -> list[str]:
    """Sets what the preset forces and returns a warning for each choice that it overrides.

    `suppress_visitor_id` stays as it is: it would end the counting of visitors.
    """
    if not values.get("gdpr_mode"):
        return []
    forced = dict(FORCED, geoip_precision=_coarse(values))
    warnings = [
        f"gdpr_mode overrides {key} as set in the {origins[key]}"
        for key, value in forced.items()
        if values.get(key, value) != value
    ]
    for key, value in {**forced, "respect_gpc": values.get("respect_gpc", True)}.items():
        if values.get(key) != value:
            values[key], origins[key] = value, origins["gdpr_mode"]
    return warnings


def _coarse(values: Mapping[str, Any]) -> str:
    return "none" if values.get("geoip_precision") == "none" else "country"
