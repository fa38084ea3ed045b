"""`python -m release` says of each thing that a release needs whether it is so."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from mallard import __version__
from release import ROOT, build, changelog
from release.smoke import smoke


class NotRun(Exception):
    """This machine lacks what the check needs."""


def clean_tree() -> None:
    changed = subprocess.check_output(["git", "status", "--porcelain"], cwd=ROOT, text=True)
    assert not changed, f"not committed:\n{changed.rstrip()}"


def changelog_agrees() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert not (said := changelog.complaint(text, __version__)), said


def checks(folder: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """What is looked at, in order; each may rely on those before it."""
    wheels: list[Path] = []

    def built() -> None:
        _, wheel = build.distributions(folder / "dist")
        wheels.append(wheel)
        assert not (left_out := build.missing(wheel)), f"not in the wheel: {sorted(left_out)}"

    def works() -> None:
        assert wheels, "there is no wheel"
        venv.create(folder / "venv", with_pip=True)
        programs = folder / "venv" / "bin"
        install = [str(programs / "python"), "-m", "pip", "install", "--quiet", str(wheels[0])]
        subprocess.run(install, check=True, stderr=subprocess.DEVNULL)
        smoke(programs / "mallard", folder)

    yield "nothing is uncommitted", clean_tree
    yield f"the changelog is that of {__version__}", changelog_agrees
    yield "sdist and wheel are built, templates and static files inside", built
    yield "the wheel works in an empty environment", works
    yield "the container image is built", image


def image() -> None:
    if not (found := shutil.which("buildah")):
        raise NotRun("buildah is not installed")
    buildah = [found, "--storage-driver", "vfs"]
    for base in set(re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)):
        fetch = [*buildah, "pull", "--quiet", "--policy", "ifmissing", base]
        if subprocess.run(fetch, capture_output=True).returncode:
            raise NotRun(f"{base} cannot be had here")
    command = [*buildah, "build", "--isolation", "chroot", "--tag", f"mallard:{__version__}"]
    subprocess.run([*command, str(ROOT)], check=True, stdout=subprocess.DEVNULL)


@click.command()
def main() -> None:
    """Check that this version can go out; exit code 1 when it cannot."""
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, check in checks(Path(folder)):
            try:
                check()
            except NotRun as reason:
                click.echo(f"not run  {name}: {reason}")
            except (AssertionError, OSError, subprocess.CalledProcessError) as error:
                failures += 1
                click.echo(f"FAILED   {name}: {error}")
            else:
                click.echo(f"ok       {name}")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main(prog_name="python -m release")
