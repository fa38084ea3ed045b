"""deploy/README.md names every file and every step."""

from __future__ import annotations

import re

from tests.deploy.files import DEPLOY

TEXT = (DEPLOY / "README.md").read_text("utf-8")


def test_it_names_every_file_that_is_there() -> None:
    named = {name.removesuffix("/") for name in re.findall(r"\[`([^`]+)`\]", TEXT)}
    there = {path.name for path in DEPLOY.iterdir()} - {"README.md", ".env"}
    of_the_root = {"docker-compose.yml", "Dockerfile", "fly.toml"}
    assert named == there | of_the_root


def test_it_says_what_each_step_does_in_order() -> None:
    steps = [path.stem[3:] for path in sorted((DEPLOY / "setup").glob("[0-9]*.sh"))]
    assert re.findall(r"^\| `([a-z0-9]+)` \|", TEXT, re.MULTILINE) == steps


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        assert (DEPLOY / target).exists(), target
