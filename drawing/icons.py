"""Puts icons together from Simple Icons, which are CC0: the folder `icons` of their npm package."""

from __future__ import annotations

import re
from pathlib import Path

from mallard.web.dashboard.icons import ICONS

_PATH = re.compile(r'<path d="([^"]+)"/>')
_FRACTION = re.compile(r"\.\d{3,}")


def draw(folder: Path) -> str:
    """One SVG with a symbol for each of the icons that are shown."""
    names = sorted({name for of_dimension in ICONS.values() for name in of_dimension.values()})
    symbols = "\n".join(_symbol(name, folder) for name in names)
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n'


def _symbol(name: str, folder: Path) -> str:
    paths = _PATH.findall((folder / f"{name}.svg").read_text("utf-8"))
    shape = "".join(f'<path d="{rounded(path)}"/>' for path in paths)
    return f'<symbol id="{name}" viewBox="0 0 24 24">{shape}</symbol>'


def rounded(path: str) -> str:
    """A path whose numbers have two places: of 24 that an icon measures nobody sees more.

    Fractions are rounded for themselves, as flags of arcs may stand in front of a number.
    """
    return _FRACTION.sub(lambda found: f".{min(99, round(float(found[0]) * 100)):02}", path)
