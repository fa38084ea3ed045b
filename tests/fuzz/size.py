"""How much to fuzz: a little in every test run, the whole with FUZZ=whole (`make fuzz`)."""

from __future__ import annotations

import os

IS_WHOLE = os.environ.get("FUZZ") == "whole"


def so_many(short: int, whole: int) -> int:
    """How often to try: `short` in every test run, `whole` under `make fuzz`.

    Modules that ask carry the mark `fuzz`, by which `make fuzz` finds them.
    """
    return whole if IS_WHOLE else short
