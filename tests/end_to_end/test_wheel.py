"""What is uploaded works: the wheel, built from the source distribution, in a place of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mallard import __version__
from release import build
from release.smoke import smoke


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sdist, wheel = build.distributions(tmp_path_factory.mktemp("dist"))
    assert sdist.name == f"mallard_analytics-{__version__}.tar.gz"
    return wheel


def test_the_wheel_has_every_file_of_the_package(wheel: Path) -> None:
    assert not build.missing(wheel)


def test_the_wheel_invents_visitors_serves_and_counts(wheel: Path, tmp_path: Path) -> None:
    # What it depends on is taken from this environment: `make release-check` installs that, too.
    installed = tmp_path / "installed"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, "--target", installed, wheel], check=True)
    environ = {**os.environ, "PYTHONPATH": str(installed)}
    where = [sys.executable, "-P", "-c", "import mallard; print(mallard.__file__)"]
    found = subprocess.check_output(where, env=environ, text=True)
    assert found.strip() == str(installed / "mallard" / "__init__.py")
    smoke(installed / "bin" / "mallard", tmp_path, environ)
