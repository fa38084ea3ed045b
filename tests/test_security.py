"""What SECURITY.md claims: its tests exist, secrets are compared well, dependencies are pinned."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from mallard.auth.keys import ApiKeys
from mallard.auth.passwords import Passwords
from mallard.auth.sessions import Sessions
from mallard.auth.shares import ShareDoor
from mallard.web import monitoring

ROOT = Path(__file__).parent.parent
DOCUMENT = (ROOT / "SECURITY.md").read_text("utf-8")

# The product's documents list these.
DOCUMENTED_THREATS = (
    "SQL injection",
    "Path traversal",
    "CSRF",
    "Brute force (login)",
    "Brute force (API)",
    "Session hijacking",
    "Timing attacks",
    "Clickjacking",
    "Protocol downgrade",
    "MIME sniffing",
    "Data exfiltration",
    "PII leakage",
    "CSV injection",
    "Dependency vulnerabilities",
)
ROWS = {
    row[0]: row[2]
    for line in DOCUMENT.splitlines()
    if len(row := [cell.strip() for cell in line.strip("|").split("|")]) == 3
}


def test_every_documented_threat_has_a_row() -> None:
    assert set(DOCUMENTED_THREATS) <= set(ROWS)


@pytest.mark.parametrize("named", sorted(set(re.findall(r"`(tests/[^`]+)`", DOCUMENT))))
def test_a_test_that_is_named_exists(named: str) -> None:
    path, _, name = named.partition("::")
    functions = [
        node.name
        for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8")))
        if isinstance(node, ast.FunctionDef)
    ]
    assert not name or name in functions


def test_every_row_names_a_test() -> None:
    rows = {threat: shown for threat, shown in ROWS.items() if threat not in ("threat", "---")}
    assert rows
    assert all("`tests/" in shown for shown in rows.values())


@pytest.mark.parametrize(
    ("function", "comparison"),
    [
        (ApiKeys.find, "compare_digest"),
        (Sessions.is_open, "digest"),
        (Passwords.matches, "is_of"),
        (Passwords.is_of, "verify"),
        (ShareDoor.is_open, "compare_digest"),
        (monitoring.has_bearer, "compare_digest"),
    ],
)
def test_secrets_are_compared_in_constant_time(
    function: Callable[..., object], comparison: str
) -> None:
    tree = ast.parse(dedent(inspect.getsource(function)))
    called = {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    }
    assert comparison in called


@pytest.mark.parametrize("name", ["runtime.txt", "cluster.txt", "dev.txt", "docs.txt", "peers.txt"])
def test_every_dependency_is_pinned_with_its_hash(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text("utf-8")
    pinned = re.split(r"^(?=[a-z0-9])", re.sub(r"^\s*#.*$", "", text, flags=re.M), flags=re.M)[1:]
    assert pinned
    for entry in pinned:
        assert re.match(r"[a-z0-9.-]+==\S+ \\\n", entry), entry
        assert "--hash=sha256:" in entry
    assert not re.search(r"https?://|--index-url|--find-links|file:/", text)
