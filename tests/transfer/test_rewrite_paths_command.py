"""`mallard rewrite-paths` at the command line, with a server and without one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from mallard.app import Mallard
from mallard.control import ControlServer
from mallard.register.site import Paths, Site
from tests.builders import NOON, an_event, store_events
from tests.conftest import client_of, stored_events
from tests.waiting import PATIENCE_SECS

Command = Callable[..., Result]
SITE = "example.com"


@pytest.fixture
def filled(start: Callable[..., Mallard]) -> Mallard:
    """A site with path rules and older events, and another site."""
    mallard = start(cache_ttl_secs=60)
    yesterday = NOON - timedelta(days=1)
    old = [an_event(yesterday, "/A/"), an_event(NOON, "/A/"), an_event(NOON, "/b")]
    store_events(mallard.store, "b", [*old, an_event(NOON, "/A/", site_id="other.example")])
    rules = Paths(trailing_slash="drop", lower_case=True)
    mallard.sites.replace(SITE, Site(paths=rules), None)
    return mallard


def paths(mallard: Mallard, site: str = SITE) -> list[str]:
    return sorted(e["pathname"] for e in stored_events(mallard) if e["site_id"] == site)


def pages(mallard: Mallard) -> Any:
    url = f"/api/stats/breakdown/pages?site_id={SITE}&period=7d"
    rows: Any = client_of(mallard).get(url).json
    return {row["value"]: row["pageviews"] for row in rows}


TOLD = "1 path of 2 events on 2 days would be rewritten, for good; do it with --apply"


def test_without_apply_it_only_tells(
    command: Command, filled: Mallard, start: Callable[..., Mallard]
) -> None:
    filled.stop(PATIENCE_SECS)
    result = command("rewrite-paths", SITE)
    assert (result.exit_code, result.stdout) == (0, "           2  /A/ -> /a\n")
    assert result.stderr.startswith(TOLD)
    assert paths(start()) == ["/A/", "/A/", "/b"]


def test_with_apply_it_rewrites_the_paths_of_the_site_alone(
    command: Command, filled: Mallard, start: Callable[..., Mallard]
) -> None:
    filled.stop(PATIENCE_SECS)
    result = command("rewrite-paths", SITE, "--apply")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "1 path of 2 events on 2 days rewritten.\n"
    assert command("rewrite-paths", SITE, "--apply").stderr == "Nothing to rewrite.\n"
    again = start()
    assert paths(again) == ["/a", "/a", "/b"]
    assert paths(again, "other.example") == ["/A/"]


def test_a_running_server_does_it_and_its_reports_tell_at_once(
    command: Command, filled: Mallard, data_dir: Path
) -> None:
    assert pages(filled) == {"/A/": 2, "/b": 1}
    server = ControlServer(data_dir, filled.transfer, filled.access.keys)
    try:
        assert command("rewrite-paths", SITE).stderr.startswith(TOLD)
        assert pages(filled) == {"/A/": 2, "/b": 1}
        assert command("rewrite-paths", SITE, "--apply").exit_code == 0
    finally:
        server.stop()
    assert pages(filled) == {"/a": 2, "/b": 1}


def test_without_path_rules_it_says_so(command: Command, filled: Mallard) -> None:
    filled.stop(PATIENCE_SECS)
    result = command("rewrite-paths", "other.example")
    assert result.exit_code == 1
    assert "other.example has no path rules" in result.stderr
