"""How a value is written that is not there."""

from __future__ import annotations

UNKNOWN = "(unknown)"
"""How a missing value is written in filters and printed by the JSON API."""
