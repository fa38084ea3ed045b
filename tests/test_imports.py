"""Imports go downwards only, so that each room can be read and tested without those above it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "mallard"

# Room or module -> what of ours it may import beside itself. The longest name that fits decides.
# Rooms that are not listed (app, server, web, cli, demo) see all.
MAY_IMPORT: dict[str, set[str]] = {
    "mallard.model": set(),
    "mallard.batch_names": set(),
    "mallard.remembered": set(),
    "mallard.logs": set(),
    "mallard.config": set(),
    "mallard.charts": {"mallard.model"},
    "mallard.reports": {
        "mallard.model",
        "mallard.remembered",
        "mallard.store.database",
        "mallard.store.rollup",
    },
    "mallard.auth": {"mallard.model"},
    "mallard.metrics": {"mallard.model"},
    "mallard.store": {
        "mallard.model",
        "mallard.metrics",
        "mallard.batch_names",
        "mallard.remembered",
    },
    "mallard.ingest": {"mallard.model"},
    "mallard.ingest.collect": {"mallard.model", "mallard.ingest", "mallard.logs"},
    "mallard.ingest.journal": {"mallard.model", "mallard.ingest", "mallard.batch_names"},
    "mallard.ingest.flusher": {
        "mallard.model",
        "mallard.ingest",
        "mallard.metrics",
        "mallard.store",
    },
    "mallard.transfer": {"mallard.model", "mallard.store", "mallard.reports", "mallard.ingest"},
    "mallard.control": {
        "mallard.model",
        "mallard.auth",
        "mallard.store",
        "mallard.reports",
        "mallard.transfer",
    },
}
FLASK = ("flask", "flask_limiter", "htmx_flask")
MODULES = sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module that is imported, as `package.module` or `package.module.name`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute, so that they can be read"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_within(name: str, room: str) -> bool:
    return name == room or name.startswith(f"{room}.")


def room_of(name: str) -> str | None:
    return max((room for room in MAY_IMPORT if is_within(name, room)), key=len, default=None)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_only_from_below(path: Path):
    room = room_of(name_of(path))
    allowed = {"mallard.__version__", *MAY_IMPORT[room], room} if room else {"mallard"}
    for imported in imports(ast.parse(path.read_text(encoding="utf-8"))):
        if is_within(imported, "mallard"):
            assert any(is_within(imported, below) for below in allowed), imported


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_app_and_web_know_flask(path: Path):
    if is_within(name_of(path), "mallard.web") or name_of(path) == "mallard.app":
        return
    for imported in imports(ast.parse(path.read_text(encoding="utf-8"))):
        assert not imported.startswith(FLASK), imported


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_pyarrow_is_imported_only_where_it_is_used(path: Path):
    # It costs 40 MB: a server that neither exports nor imports never loads it.
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        for imported in imports(ast.Module([node], [])) if is_import(node) else ():
            assert not is_within(imported, "pyarrow")


def is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)
