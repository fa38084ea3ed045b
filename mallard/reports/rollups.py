"""All rollups there are."""

from __future__ import annotations

from mallard.reports import breakdown
from mallard.reports.days import DAYS, HOURS

ROLLUPS = (DAYS, HOURS, *breakdown.ROLLUPS.values())
