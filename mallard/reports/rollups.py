"""All rollups there are."""

from __future__ import annotations

from mallard.reports import breakdown
from mallard.reports.days import DAYS, HOURS
from mallard.reports.legs import LEGS
from mallard.reports.property_days import PROPERTIES
from mallard.reports.revenue import REVENUE

ROLLUPS = (DAYS, HOURS, REVENUE, PROPERTIES, LEGS, *breakdown.ROLLUPS.values())
