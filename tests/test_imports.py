"""Imports go downwards only, so that each room can be read and tested without those above it."""

from __future__ import annotations

import ast

from tests import imports
from tests.imports import MODULES, ROOT, graph, imported, is_within, name_of, parsed, room_of

FLASK = ("flask", "flask_limiter", "htmx_flask")
ROOMS = imports.rooms()
GRAPH = graph()


def test_a_module_imports_only_what_the_table_in_contributing_allows() -> None:
    names = [name for path in MODULES if (name := name_of(path)) != "."]
    assert [(name, below) for name in names for below in GRAPH[name] if not may(name, below)] == []


def may(name: str, below: str) -> bool:
    """Whether a module may import another one."""
    room = room_of(name, ROOMS)
    return room_of(below, ROOMS) == room or any(is_within(below, p) for p in room.may_import)


def test_no_two_files_import_each_other_on_any_way_round() -> None:
    assert len(imports.floors()) > 1


def test_every_row_of_the_table_holds_something() -> None:
    names = [name_of(path) for path in MODULES]
    for room in ROOMS:
        for place in room.holds | room.may_import:
            assert any(is_within(name, place) for name in names), place


def test_a_room_stands_below_whatever_may_import_it() -> None:
    held: set[str] = set()
    for room in ROOMS:
        for place in room.may_import:
            assert any(is_within(place, other) for other in held | room.holds), place
        held |= room.holds


def test_the_map_is_drawn_from_the_present_code() -> None:
    assert (ROOT / "docs/map.md").read_text(encoding="utf-8") == imports.page(), "run make map"


def test_only_web_knows_flask() -> None:
    others = [path for path in MODULES if not is_within(name_of(path), "web")]
    found = [(name_of(path), name) for path in others for name in imported(parsed(path))]
    assert [(path, name) for path, name in found if name.startswith(FLASK)] == []


def test_pyarrow_is_imported_only_where_it_is_used() -> None:
    # It costs 40 MB: a server that neither exports nor imports never loads it.
    found = [
        (name_of(path), name)
        for path in MODULES
        for node in parsed(path).body
        if is_import(node)
        for name in imported(ast.Module([node], []))
    ]
    assert [one for one in found if is_within(one[1].replace(".", "/"), "pyarrow")] == []


def is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)
