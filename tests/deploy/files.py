"""The files that operators deploy with, and the programs that check them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from mallard.config.loading import BY_VARIABLE

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "deploy"
PRODUCTION = DEPLOY / "docker-compose.production.yml"

VARIABLES = set(BY_VARIABLE)
"""Every variable that Mallard knows, those of tables among them."""


def checked(program: str, *arguments: str | Path, **variables: str) -> str:
    """What a program of the environment says; it must be content."""
    path = Path(sys.executable).parent / program
    done = subprocess.run(
        [path, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | variables,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def loaded(path: Path) -> dict[str, Any]:
    """A YAML file with one document."""
    found: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return found


def interpolated(text: str) -> set[str]:
    """The variables that a compose file takes from its surroundings."""
    return set(re.findall(r"\$\{([A-Z_]+)", text))


def example_of_env(place: Path = DEPLOY) -> dict[str, str]:
    """The values of the .env.example in a directory."""
    lines = (place / ".env.example").read_text("utf-8").splitlines()
    pairs = [line.split("=", 1) for line in lines if line and not line.startswith("#")]
    return {name: value for name, value in pairs}
