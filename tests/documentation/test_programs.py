"""The Python programs and the SQL of the documents work on what a server has stored."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import duckdb
import pytest

from documentation.blocks import Block, blocks
from tests.documentation.setting import Place, place
from tests.waiting import PATIENCE_SECS

ELSEWHERE = "docs/portal.md"
"""Whose whole application tests/portal/test_documented_example.py runs."""
PROGRAMS = [b for b in blocks() if b.language == "python" and b.page != ELSEWHERE]
QUERIES = [block for block in blocks() if block.language == "sql"]
PRINTED = {"pandas": ("visitors", "pageviews"), "polars": ("/pricing", "visitors")}


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with place(tmp_path_factory.mktemp("place"), has_password=True) as found:
        yield found


@pytest.mark.parametrize("block", PROGRAMS, ids=lambda block: block.name)
def test_a_program_runs(block: Block, there: Place) -> None:
    program = there.folder / "program.py"
    program.write_text(there.spoken(block.text), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", program],
        cwd=there.folder,
        env=there.environ(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECS,
    )
    assert (done.returncode, done.stderr) == (0, "")
    for library, words in PRINTED.items():
        if f"import {library}" in block.text:
            assert all(word in done.stdout for word in words), done.stdout


def test_what_the_client_sent_is_counted(there: Place) -> None:
    (block,) = (block for block in PROGRAMS if "mallard.client" in block.text)
    before = payments(there)
    test_a_program_runs(block, there)
    assert payments(there) == before + 1


def payments(there: Place) -> int:
    address = f"{there.server.url}/api/stats/revenue?site_id=example.com&period=7d"
    with urlopen(Request(address, headers={"X-API-Key": there.key})) as answer:
        return sum(row["payments"] for row in json.load(answer))


@pytest.mark.parametrize("block", QUERIES, ids=lambda block: block.name)
def test_a_query_has_an_answer(
    block: Block, there: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(there.folder)
    with duckdb.connect(str(tmp_path / "shell.duckdb")) as connection:
        for statement in block.text.split(";"):
            if statement.strip():
                assert connection.execute(statement).fetchall(), statement
