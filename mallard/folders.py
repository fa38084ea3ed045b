"""What is in a directory, said aloud when it cannot be told: `Path.glob` takes that for nothing."""

from __future__ import annotations

import os
from pathlib import Path

QUARANTINE = "quarantine"
"""Where in a data directory lies what could not be read."""
DAMAGED_LINES = "journal"
"""Below it, the lines of the journal that were damaged."""


def entries(directory: Path, ending: str = "") -> list[Path]:
    """What is in a directory and has a name that ends so, by name; nothing where there is none.

    Raises OSError when the directory cannot be read.
    """
    try:
        names = os.listdir(directory)
    except FileNotFoundError:
        return []
    return [directory / name for name in sorted(names) if name.endswith(ending)]
