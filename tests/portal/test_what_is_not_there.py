"""Without a portal nothing of it is loaded; with one, no address of a visitor stays anywhere."""

from __future__ import annotations

import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.portal.conftest import CONTENT
from tests.portal.live import portal_server, project, rows
from tests.portal.upstream import Upstream
from tests.waiting import PATIENCE_SECS

pytestmark = pytest.mark.thorough

LOADED = """
import sys
from pathlib import Path
from mallard.app import build
from mallard.config import Portal, Project, Settings
from mallard.wsgi import application
projects = {"local": Project(downloads=Path("releases"))}
portal = Portal(projects=projects) if sys.argv[2] == "directory" else None
mallard = build(Settings(data_dir=Path(sys.argv[1]), portal=portal, duckdb_threads=1))
application(mallard)
mallard.stop(300)
rooms = ("mallard.portal", "mallard.web.portal", "urllib3")
print([room for room in rooms if room in sys.modules])
"""
ADDRESSES = ("198.51.100.201", "2001:db8:77aa:1::c0de")
REFS = "/pets.git/info/refs?service=git-upload-pack"


@pytest.mark.parametrize(
    ("there_is", "loaded"),
    [("nothing", "[]"), ("directory", "['mallard.portal', 'mallard.web.portal']")],
)
def test_only_what_the_settings_name_is_loaded(tmp_path: Path, there_is: str, loaded: str):
    command = [sys.executable, "-c", LOADED, str(tmp_path / "data"), there_is]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=PATIENCE_SECS
    )
    assert done.stdout.splitlines()[-1] == loaded


def test_no_address_of_a_visitor_is_kept(tmp_path: Path, releases: Path, upstream: Upstream):
    upstream.has("/files/v1.0/pets.zip", CONTENT)
    upstream.has(REFS, b"0000")
    places = project("local", downloads=releases) + project(
        "remote",
        downloads=f"{upstream.url}/files/{{version}}/{{asset}}",
        git=f"{upstream.url}/pets.git",
    )
    paths = [f"/downloads/{name}/v1.0/pets.zip" for name in ("local", "remote")]
    paths += ["/downloads/remote/v1.0/absent", f"/git/remote{REFS.removeprefix('/pets')}"]
    data_dir = tmp_path / "portal" / "data"
    with portal_server(data_dir, places) as server:
        for address in ADDRESSES:
            for path in paths:
                connection = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECS)
                connection.request("GET", path, headers={"X-Forwarded-For": address})
                connection.getresponse().read()
                connection.close()
        assert find(ADDRESSES, data_dir) == []
    assert find(ADDRESSES, data_dir) == []
    told = "".join(server.log) + str([seen.headers for seen in upstream.seen])
    assert [address for address in ADDRESSES if address in told] == []
    assert len(rows(data_dir, "from downloads")) == 4
    shown = str(rows(data_dir, "from events_all"))
    assert [address for address in ADDRESSES if address in shown] == []


def find(addresses: tuple[str, ...], folder: Path) -> list[tuple[str, Path]]:
    """The files that hold an address."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [(a, path) for path in files for a in addresses if a.encode() in path.read_bytes()]
