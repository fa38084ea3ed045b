"""How much to fuzz: a little in every test run, the whole with FUZZ=whole (`make fuzz`)."""

from __future__ import annotations

import os

IS_WHOLE = os.environ.get("FUZZ") == "whole"
