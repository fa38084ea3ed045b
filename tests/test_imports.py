"""Imports go downwards only, so that each room can be read and tested without those above it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests import imports
from tests.imports import MODULES, ROOT, graph, imported, is_within, name_of, parsed, room_of

FLASK = ("flask", "flask_limiter", "htmx_flask")
ROOMS = imports.rooms()
GRAPH = graph()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_only_what_the_table_in_contributing_allows(path: Path) -> None:
    name = name_of(path)
    if name == ".":
        return
    room = room_of(name, ROOMS)
    for below in GRAPH[name]:
        may = any(is_within(below, place) for place in room.may_import)
        assert may or room_of(below, ROOMS) == room, below


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


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_web_knows_flask(path: Path) -> None:
    if is_within(name_of(path), "web"):
        return
    for name in imported(parsed(path)):
        assert not name.startswith(FLASK), name


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_pyarrow_is_imported_only_where_it_is_used(path: Path) -> None:
    # It costs 40 MB: a server that neither exports nor imports never loads it.
    for node in parsed(path).body:
        for name in imported(ast.Module([node], [])) if is_import(node) else ():
            assert not is_within(name.replace(".", "/"), "pyarrow")


def is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)
