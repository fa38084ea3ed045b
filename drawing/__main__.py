"""`python -m drawing world OUTLINES` and `python -m drawing icons FOLDER` write what is shipped."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from drawing import icons, world

STATIC = Path(__file__).parent.parent / "mallard" / "static"
PICTURES: dict[str, Callable[[Path], str]] = {"icons": icons.draw, "world": world.draw}


def main(name: str, source: str) -> None:
    """Draws one of the pictures."""
    there = STATIC / f"{name}.svg"
    there.write_text(PICTURES[name](Path(source)), "utf-8")
    print(f"{there}: {there.stat().st_size} bytes")


main(*sys.argv[1:])
