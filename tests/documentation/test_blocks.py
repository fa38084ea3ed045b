"""Each code block of the documents is of a language that some test runs or reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from documentation.blocks import ELSEWHERE, Block, blocks
from mallard.config import load

RUN = {
    "sh": "tests/documentation/test_commands.py",
    "python": "tests/documentation/test_programs.py, tests/portal/test_documented_example.py",
    "sql": "tests/documentation/test_programs.py",
    "html": "tests/browser/test_documented_lines.py",
    "js": "tests/browser/test_documented_lines.py",
    "toml": "here",
    "yaml": "here",
    "json": "here",
}
READ = {"text", "mermaid"}
"""What is only to be read: a directory, a header, a drawing."""


def of(language: str) -> list[Block]:
    return [block for block in blocks() if block.language == language]


def named(block: Block) -> str:
    return block.name


def test_every_block_has_a_language_that_is_run() -> None:
    assert {block.language for block in blocks()} <= {*RUN, *READ}
    assert not [block.name for block in blocks() if "```" in block.text]


def test_every_reason_not_to_run_a_block_is_needed() -> None:
    given = {block.elsewhere for block in blocks() if block.elsewhere}
    assert given == set(ELSEWHERE.values())


@pytest.mark.parametrize("block", of("toml"), ids=named)
def test_settings_are_taken(block: Block, tmp_path: Path) -> None:
    path = tmp_path / "mallard.toml"
    path.write_text(block.text, encoding="utf-8")
    assert "file" in load(path, {}).origins.values()


@pytest.mark.parametrize("block", of("yaml"), ids=named)
def test_yaml_is_read(block: Block) -> None:
    assert yaml.safe_load(block.text)


@pytest.mark.parametrize("block", of("json"), ids=named)
def test_json_is_read(block: Block) -> None:
    assert json.loads(block.text) is not None
