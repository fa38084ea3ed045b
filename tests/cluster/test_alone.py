"""Whoever has one server gets, loads and starts nothing of what several need."""

from __future__ import annotations

import ast
import tomllib

from tests.imports import MODULES, ROOT, imported, is_within, name_of, parsed

OF_SEVERAL = ("psycopg", "duckdb_extension", "obstore")


def test_an_installation_brings_none_of_the_packages_of_several() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    several = project["optional-dependencies"]["cluster"]
    assert len(several) == 6
    assert not set(several) & set(project["dependencies"])
    locked = (ROOT / "requirements" / "runtime.txt").read_text(encoding="utf-8")
    names = ("psycopg", "ducklake", "postgres-scanner", "httpfs", "obstore", "seaweedfs")
    assert not [name for name in names if name in locked]


def test_only_the_room_of_the_cluster_imports_them() -> None:
    others = [path for path in MODULES if not is_within(name_of(path), "cluster")]
    found = [(name_of(path), name) for path in others for name in imported(parsed(path))]
    assert [one for one in found if one[1].startswith(OF_SEVERAL)] == []


def test_the_room_is_imported_only_when_it_is_used() -> None:
    others = [path for path in MODULES if not is_within(name_of(path), "cluster")]
    found = [
        (name_of(path), name)
        for path in others
        for node in parsed(path).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in imported(ast.Module([node], []))
    ]
    assert [one for one in found if is_within(one[1].replace(".", "/"), "mallard/cluster")] == []
