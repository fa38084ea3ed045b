"""No spelling of a path leads out of a project's directory, or of an upstream's template."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.test import Client, EnvironBuilder

from mallard.app import Mallard
from mallard.portal.failures import NotThere
from mallard.portal.names import is_name
from mallard.portal.releases import Directory
from tests.conftest import kept_open
from tests.portal.conftest import CONTENT, a_portal, recorded, with_a_release
from tests.portal.upstream import Upstream, an_upstream

TRICKS = [
    "..",
    ".",
    "%2e%2e",
    "%2E.",
    "%252e%252e",
    "%25252e%25252e",
    "..%2f..",
    "..%252f..%252fsecret",
    "..%5c..",
    "..%255c..",
    "%2fetc%2fpasswd",
    "%252fetc%252fpasswd",
    "..%00",
    "pets.zip%00.txt",
    "pets.zip%2500",
    "%c0%ae%c0%ae",
    "%c0%af",
    "%e0%80%ae.",
    "%u002e%u002e",
    "..;",
    "%ef%bc%8e%ef%bc%8e",
    "%0a",
    "%7f",
    "x" * 256,
]


@dataclass(frozen=True)
class Besieged:
    """A Mallard with a portal whose upstream notes what it is asked for."""

    client: Client
    mallard: Mallard
    upstream: Upstream


@pytest.fixture(scope="module")
def besieged(tmp_path_factory: pytest.TempPathFactory, fresh_data: Path) -> Iterator[Besieged]:
    """One for all that nothing comes of."""
    folder = tmp_path_factory.mktemp("besieged")
    with an_upstream() as upstream:
        portal = a_portal(with_a_release(folder), upstream)
        with kept_open(folder / "data", fresh_data, portal=portal) as one:
            yield Besieged(one.client, one.mallard, upstream)


@pytest.mark.parametrize("project", ["local", "remote"])
@pytest.mark.parametrize("trick", TRICKS)
def test_no_spelling_of_a_segment_leads_out(besieged: Besieged, project: str, trick: str):
    besieged.upstream.seen.clear()
    for rest in (f"{trick}/secret", f"v1.0/{trick}", f"{trick}/{trick}", f"v1.0/{trick}/secret"):
        answer = besieged.client.get(f"/downloads/{project}/{rest}")
        assert answer.status_code == 404
        assert b"secret" not in answer.data
    assert recorded(besieged.mallard) == []
    for seen in besieged.upstream.seen:
        assert seen.path.startswith("/files/")
        assert ".." not in seen.path.replace("%2E", ".").replace("%2e", ".")


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "//etc/passwd", "v1.0//etc/passwd", "../secret", "v1.0/../../secret"],
)
def test_a_path_as_such_leads_nowhere(besieged: Besieged, path: str):
    with EnvironBuilder(f"/downloads/local/{path}").get_request() as request:
        environ = dict(request.environ, PATH_INFO=f"/downloads/local/{path}")
    answer = besieged.client.open(EnvironBuilder.from_environ(environ))
    assert answer.status_code == 404
    assert b"secret" not in answer.data


def test_a_link_that_leads_out_is_not_followed(client: Client, mallard: Mallard, releases: Path):
    (releases / "v1.0" / "file").symlink_to(releases.parent / "secret")
    (releases / "v1.0" / "relative").symlink_to("../../secret")
    (releases / "v1.0" / "chain").symlink_to("relative")
    (releases / "out").symlink_to(releases.parent)
    (releases / "circle").symlink_to("circle")
    for path in ("v1.0/file", "v1.0/relative", "v1.0/chain", "out/secret", "circle/secret"):
        answer = client.get(f"/downloads/local/{path}")
        assert answer.status_code == 404
        assert answer.data != b"secret"
    assert recorded(mallard) == []


def test_a_link_that_is_put_there_meanwhile_is_not_followed(releases: Path, monkeypatch):
    real = Path.resolve

    def resolve_and_swap(path: Path, strict: bool = False) -> Path:
        found = real(path, strict)
        if found.name == "pets.zip":
            found.unlink()
            found.symlink_to(releases.parent / "secret")
        return found

    monkeypatch.setattr(Path, "resolve", resolve_and_swap)
    with pytest.raises(NotThere):
        Directory(releases).fetch("v1.0", "pets.zip", {}, True)


def test_the_directory_itself_may_be_a_link(tmp_path: Path, releases: Path):
    (tmp_path / "link").symlink_to(releases)
    found = Directory(tmp_path / "link").fetch("v1.0", "pets.zip", {}, True)
    assert b"".join(found.body) == CONTENT
    found.body.close()


def test_no_descriptor_stays_open(releases: Path):
    (releases / "v1.0" / "inner").mkdir()
    before = len(os.listdir("/proc/self/fd"))
    directory = Directory(releases)
    for asset in ("pets.zip", "inner", "absent"):
        for with_body in (True, False):
            try:
                directory.fetch("v1.0", asset, {}, with_body).body.close()
            except NotThere:
                continue
    assert len(os.listdir("/proc/self/fd")) == before


@given(st.text(max_size=30))
@example("%25%32%65%25%32%65")
@example("%252525252525252e")
@example("a%2Fb")
def test_a_name_is_one_name_however_often_it_is_decoded(text: str):
    from urllib.parse import unquote

    if is_name(text):
        for _ in range(10):
            assert text not in ("", ".", "..")
            assert not set(text) & set("/\\\0")
            text = unquote(text)


@pytest.mark.parametrize("name", ["v2.1.0", "pets 1.zip", "pets+1~rc1.deb", "a..b", "…", "100%"])
def test_ordinary_names_are_names(name: str):
    assert is_name(name)
