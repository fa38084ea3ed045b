"""What the tests of the portal may ask for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mallard.app import Mallard
from mallard.config import Portal, Project
from tests.conftest import stored_events
from tests.portal.upstream import Upstream, an_upstream

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def releases(tmp_path: Path) -> Path:
    """A directory with one release, beside which there is something that nobody may have."""
    return with_a_release(tmp_path)


def with_a_release(folder: Path) -> Path:
    release = folder / "releases" / "v1.0"
    release.mkdir(parents=True)
    (release / "pets.zip").write_bytes(CONTENT)
    (folder / "secret").write_bytes(b"secret")
    return folder / "releases"


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with an_upstream() as one:
        yield one


@pytest.fixture
def portal(releases: Path, upstream: Upstream) -> Portal:
    """The settings of the portal: `local` is a directory, `remote` on another server."""
    return a_portal(releases, upstream)


def a_portal(releases: Path, upstream: Upstream) -> Portal:
    return Portal(
        tools=("pets",),
        upstream_timeout_secs=2,
        projects={
            "local": Project(downloads=releases),
            "remote": Project(
                downloads=f"{upstream.url}/files/{{version}}/{{asset}}",
                git=f"{upstream.url}/pets.git",
            ),
        },
    )


@pytest.fixture
def settings(settings: dict[str, Any], portal: Portal) -> dict[str, Any]:
    """The settings of `mallard`, with a portal."""
    return {**settings, "portal": portal}


def recorded(mallard: Mallard) -> list[dict[str, Any]]:
    """The properties of everything recorded so far, oldest first."""
    return [json.loads(event["props"]) for event in stored_events(mallard)]
