"""Who imports whom in `mallard/`, and who may: the table in CONTRIBUTING says it.

`python -m tests.imports` draws the rooms as they are.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "mallard"
MODULES = sorted(PACKAGE.rglob("*.py"))
ABOVE = "above"

Graph = Mapping[str, set[str]]


@dataclass(frozen=True, slots=True)
class Room:
    """A row of the table: what it holds, and what that may import, as paths below `mallard/`."""

    holds: frozenset[str]
    may_import: frozenset[str]


def name_of(path: Path) -> str:
    """The path of a module below `mallard/`, without its ending; a package's is its directory."""
    relative = path.relative_to(PACKAGE).with_suffix("")
    return str(relative.parent if relative.name == "__init__" else relative)


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module that is imported, as `package.module` or `package.module.name`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute, so that they can be read"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def parsed(path: Path) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(path.read_text(encoding="utf-8"))


def graph() -> Graph:
    """The modules of ours that each module imports, wherever in it; not the package's version."""
    names = {name_of(path) for path in MODULES}
    return {
        name_of(path): {
            found
            for name in imported(parsed(path))
            if (found := _module(name, names)) not in (None, ".", name_of(path))
        }
        for path in MODULES
    }


def _module(name: str, names: set[str]) -> str | None:
    """The module of ours that an imported name is, or is in."""
    package, *parts = name.split(".")
    if package != "mallard":
        return None
    while parts and "/".join(parts) not in names:
        parts.pop()
    return "/".join(parts) or "."


def rooms(text: str | None = None) -> list[Room]:
    """The rows of the table, top to bottom."""
    text = text or (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.+?) \|.*\| ?(.*?) ?\|$", text, re.MULTILINE)
    found: list[Room] = []
    for holds, may_import in rows:
        above = {name for room in found for name in room.holds} if may_import == ABOVE else ()
        found.append(Room(frozenset(_names(holds)), frozenset({*_names(may_import), *above})))
    return found


def _names(cell: str) -> list[str]:
    return [name.rstrip("/") for name in re.findall(r"`([^`]+)`", cell)]


def is_within(name: str, place: str) -> bool:
    """Whether a module is a file or in a directory."""
    return name == place or name.startswith(f"{place}/")


def room_of(name: str, among: Iterable[Room]) -> Room:
    """The room with the longest name that a module is within. Raises LookupError."""
    found = [(len(place), r) for r in among for place in r.holds if is_within(name, place)]
    if not found:
        raise LookupError(f"CONTRIBUTING has no row for {name}")
    return max(found, key=lambda pair: pair[0])[1]


def drawn() -> str:
    """The rooms as a Mermaid graph, an arrow for each import that no other way leads to."""
    of_rooms = rooms()
    arrows: dict[str, set[str]] = {}
    for name, below in graph().items():
        if name != ".":
            here = _title(room_of(name, of_rooms))
            arrows.setdefault(here, set()).update(_title(room_of(b, of_rooms)) for b in below)
            arrows[here].discard(here)
    lines = ["graph TD"]
    for here in sorted(arrows):
        far = {b for a in arrows[here] for b in _reached(a, arrows)}
        lines += [
            f'  {_id(here)}["{here}"] --> {_id(b)}["{b}"]' for b in sorted(arrows[here] - far)
        ]
    return "\n".join(lines)


def _reached(start: str, arrows: Graph) -> set[str]:
    """Where the arrows lead from a room, directly or not."""
    return {place for b in arrows.get(start, ()) for place in (b, *_reached(b, arrows))}


def _title(room: Room) -> str:
    return ", ".join(sorted(room.holds))


def _id(title: str) -> str:
    return re.sub(r"\W", "_", title).strip("_")


def floors() -> list[list[str]]:
    """The modules from the ground up, those of one floor together. Raises CycleError."""
    sorter = TopologicalSorter(graph())
    sorter.prepare()
    found = []
    while sorter.is_active():
        ready = sorter.get_ready()
        found.append(sorted(ready))
        sorter.done(*ready)
    return found


def page() -> str:
    """The document `docs/map.md`."""
    return f"""# The rooms and their imports

Drawn from the code by `make map`. An arrow leads from a room to one that it imports; those that
follow from others are left out. What each room is for stands in [CONTRIBUTING](../CONTRIBUTING.md).

```mermaid
{drawn()}
```
"""


if __name__ == "__main__":
    sys.stdout.write(page())
