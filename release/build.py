"""Builds what is uploaded: the source distribution, and out of that the wheel."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from release import ROOT


def distributions(into: Path, source: Path = ROOT) -> tuple[Path, Path]:
    """The source distribution and the wheel; nothing is downloaded for it."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(into), str(source)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    (sdist,), (wheel,) = into.glob("*.tar.gz"), into.glob("*.whl")
    return sdist, wheel


def missing(wheel: Path, package: Path = ROOT / "mallard") -> set[str]:
    """The package's files, templates and static files among them, that the wheel has not."""
    with zipfile.ZipFile(wheel) as archive:
        there = set(archive.namelist())
    files = (path for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {str(path.relative_to(package.parent)) for path in files} - there
