"""The register as files: replaced whole or not at all, by those who have seen what they replace."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mallard.register.files import Files
from mallard.register.port import Changed
from mallard.register.reading import BadDocument
from mallard.register.site import Site
from mallard.register.sites import Sites
from tests.killing import killed_before_each_step

SITE = "example.com"


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_files_are_named_like_the_directories_of_events(files: Files, tmp_path: Path) -> None:
    long = [f"{'x' * 250}{n}" for n in range(2)]
    for site_id in (SITE, *long):
        files.replace(site_id, site_id.encode(), None)
    names = sorted(path.name for path in (tmp_path / "sites").iterdir())
    assert names[0] == "site_id=example.com.json"
    assert [len(name) for name in names[1:]] == [len("site_id=~.json") + 216] * 2
    assert {document.content.decode() for document in files.all()} == {SITE, *long}


def test_only_the_owner_may_read_them(files: Files, tmp_path: Path) -> None:
    files.replace(SITE, b"{}", None)
    assert (tmp_path / "sites").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "sites/site_id=example.com.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.thorough
def test_a_kill_leaves_the_old_document_or_the_new_one(tmp_path: Path) -> None:
    place, found = tmp_path / "data", set()

    def replace() -> None:
        files = Files(place)
        old = files.read(SITE)
        files.replace(SITE, b"new" * 10_000, old.version if old else None)

    for before in (None, b"old"):
        place.mkdir(exist_ok=True)
        for _ in killed_before_each_step(replace):
            kept = Files(place).read(SITE)
            found.add(kept and kept.content[:3])
            assert len(Files(place).all()) == bool(kept)
            shutil.rmtree(place)
            place.mkdir()
            if before:
                Files(place).replace(SITE, before, None)
    assert found == {None, b"old", b"new"}


def test_a_document_can_be_read_and_edited_by_a_person(tmp_path: Path) -> None:
    sites = Sites(Files(tmp_path))
    sites.replace(SITE, Site(name="Shop"), None)
    path = tmp_path / "sites/site_id=example.com.json"
    assert path.read_text() == '{\n  "site_id": "example.com",\n  "name": "Shop"\n}\n'
    path.write_text('{"site_id": "example.com", "name": "The shop"}')
    assert Sites(Files(tmp_path)).name_of(SITE) == "The shop"


def test_what_a_person_edits_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    sites = Sites(Files(tmp_path))
    entry = sites.replace(SITE, Site(name="Shop"), None)
    path = tmp_path / "sites/site_id=example.com.json"
    path.write_text('{"site_id": "example.com", "name": "By hand"}')
    with pytest.raises(Changed):
        sites.replace(SITE, Site(name="By machine"), entry.version)
    assert sites.name_of(SITE) == "By hand"
    path.write_text('{"site_id"')
    found = sites.entry(SITE)
    assert found
    with pytest.raises(BadDocument, match="cannot read"):
        sites.delete(SITE, found.version)
    path.unlink()
    with pytest.raises(Changed):
        sites.delete(SITE, found.version)
    assert sites.entry(SITE) is None


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        (SITE, '{\n "site_id": "example.com",\n "name": Shop\n}', "in line 3, column 10"),
        (SITE, '{"site_id": "example.com", "nme": "Shop"}', "unknown field `nme`"),
        (SITE, "{}", "missing required field `site_id`"),
        (SITE, "", "data was truncated"),
        ("another", '{"site_id": "example.com"}', "says that it is of the site example.com"),
    ],
)
def test_a_mistake_made_by_hand_is_named_with_its_file(
    tmp_path: Path, name: str, content: str, problem: str
) -> None:
    path = tmp_path / f"sites/site_id={name}.json"
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(BadDocument) as raised:
        Sites(Files(tmp_path))
    assert str(path) in str(raised.value) and problem in str(raised.value)


def test_files_of_others_beside_them_are_let_be(tmp_path: Path) -> None:
    sites = Sites(Files(tmp_path))
    sites.replace(SITE, Site(name="Shop"), None)
    (tmp_path / "sites/site_id=example.com.json~").write_text("a copy of an editor's")
    assert Sites(Files(tmp_path)).ids() == [SITE]


def test_where_nothing_is_decided_there_is_no_directory(tmp_path: Path) -> None:
    assert Sites(Files(tmp_path)).ids() == []
    assert not list(tmp_path.iterdir())


def test_a_document_says_what_it_is_of(tmp_path: Path) -> None:
    long = "x" * 256
    Sites(Files(tmp_path)).replace(long, Site(), None)
    (path,) = (tmp_path / "sites").iterdir()
    assert json.loads(path.read_text()) == {"site_id": long}
    assert Sites(Files(tmp_path)).ids() == [long]


@pytest.mark.thorough
def test_a_mistake_made_by_hand_stops_the_start(data_dir: Path) -> None:
    path = data_dir / "sites/site_id=example.com.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"site_id": "example.com", "nme": "Shop"}')
    environ = {**os.environ, "MALLARD_DATA_DIR": str(data_dir), "MALLARD_PORT": "0"}
    command = [sys.executable, "-m", "mallard", "serve"]
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert f"cannot read {path}" in ended.stderr + ended.stdout
    assert "unknown field `nme`" in ended.stderr + ended.stdout
