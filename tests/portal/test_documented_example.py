"""What docs/portal.md shows is true: its settings, and its whole Flask application."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from mallard import app
from mallard.config import Portal, Settings, load
from mallard.wsgi import application
from tests.conftest import served
from tests.waiting import PATIENCE_SECS

GUIDE = (Path(__file__).parents[2] / "docs" / "portal.md").read_text(encoding="utf-8")
TOKEN = {"Authorization": "Bearer token"}

# Runs the example, without its development server, against requests of one visitor; the end of the
# program sends what is left.
DRIVER = """
import io, pathlib, sys
from mallard import client
client.CLOSING_SECS = 300
source = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
namespace = {"__name__": "example"}
exec(compile(source, sys.argv[1], "exec"), namespace)
browser = namespace["app"].test_client()
environ = {"REMOTE_ADDR": "203.0.113.7", "HTTP_USER_AGENT": "Mozilla/5.0 Firefox/140.0"}

def ask(method, path, **more):
    return browser.open(path, method=method, environ_overrides=environ, **more)

save = ask("POST", "/tools/pets", data={"save": (io.BytesIO(b"pets: lost"), "pets.save")})
assert save.data == b"pets: home", save.data
assert ask("GET", "/catalog/maps").status_code == 200
assert ask("GET", "/catalog/nowhere").status_code == 404
assert "Harbour at night" in ask("GET", "/search?q=harbour").text
assert ask("GET", "/search?q=xyzzy").status_code == 200
assert ask("GET", "/diff/v1/v2").status_code == 200
"""


def block(language: str, beginning: str) -> str:
    """The one block of code in this language that begins so."""
    blocks = re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    (found,) = (text for text in blocks if text.startswith(beginning))
    return str(found)


@pytest.fixture
def running(data_dir: Path) -> Iterator[app.Mallard]:
    """A Mallard with the real clock: the example runs in a program of its own."""
    portal = Portal(tools=("pets",))
    settings = Settings(data_dir=data_dir, secret="test", portal=portal, metrics_token="token")
    mallard = app.build(settings)
    yield mallard
    mallard.stop(PATIENCE_SECS)


def test_the_settings_are_those_that_mallard_takes(tmp_path: Path):
    path = tmp_path / "mallard.toml"
    path.write_text(block("toml", "[portal]"), encoding="utf-8")
    portal = load(path, {}).settings.portal
    assert portal is not None
    assert (portal.tools, set(portal.projects)) == (("pets", "prospects"), {"pets", "prospects"})
    assert portal.pages_site_id == "example.com"


def test_the_application_tells_what_happens_in_it(running: app.Mallard, tmp_path: Path):
    example = tmp_path / "example.py"
    example.write_text(block("python", "import os"), encoding="utf-8")
    key = running.access.keys.create("example", "Ingest").key
    wsgi = application(running)
    with served(wsgi) as url:
        environ = {**os.environ, "MALLARD_URL": url, "MALLARD_KEY": key}
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", DRIVER, example],
            env=environ,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECS,
        )
    assert (done.returncode, done.stderr) == (0, "")
    client = Client(wsgi)

    def told(path: str) -> Any:
        return client.get(f"/api/portal/{path}", headers=TOKEN).json

    uses = {row["event"]: row["count"] for row in told("tool-usage")["tools"]}
    assert uses == {"upload": 1, "download": 1}
    catalog = told("catalog")
    assert catalog["total"] == 4
    assert catalog["categories"] == [{"category": "maps", "count": 1}]
    assert {row["search"] for row in catalog["searches"]} == {"harbour", "xyzzy"}
    assert catalog["searches_without_results"] == [{"search": "xyzzy", "count": 1}]
    asked = "site_id=portal&period=30d"
    figures: Any = client.get(f"/api/stats/main?{asked}").json
    assert figures["unique_visitors"] == 1
    read: Any = client.get(f"/api/stats/breakdown/events?{asked}&filter=prop:from==v1").json
    assert [row["value"] for row in read] == ["changelog_read"]
