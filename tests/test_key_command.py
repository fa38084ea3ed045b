"""`mallard key`, with a server that holds the directory and without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from werkzeug.test import Client

from mallard import cli, logs
from mallard.app import Mallard
from mallard.auth.access import open_audit
from mallard.auth.keys import ApiKeys, Scope
from mallard.config import Settings
from mallard.control import ControlServer
from mallard.register.files import Files
from mallard.server import serve
from mallard.wsgi import application
from tests.conftest import Clock

STATS = "/api/stats/main?site_id=example.com"


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "configure", lambda *_: None)


@pytest.fixture
def control(mallard: Mallard, data_dir: Path) -> Iterator[ControlServer]:
    server = ControlServer(data_dir, mallard.transfer, mallard.access.keys)
    yield server
    server.stop()


@pytest.fixture
def run(data_dir: Path):
    def run(*arguments: str) -> Result:
        variables = {"MALLARD_DATA_DIR": str(data_dir), "MALLARD_CONFIG": ""}
        return CliRunner().invoke(cli.main, ["key", *arguments], env=variables)

    return run


def test_a_key_made_before_the_first_start_works_after_it(run, data_dir: Path, clock: Clock):
    result = run("create", "ci")
    assert result.exit_code == 0, result.output
    key = result.stdout.strip()
    assert key.startswith("mm_")
    assert "ci, ReadOnly" in result.stderr
    assert ApiKeys(Files(data_dir), clock).find(key)


def test_a_key_made_while_the_server_runs_works_at_once(
    run, mallard: Mallard, control: ControlServer
):
    mallard.access.passwords.set_first("correct horse")
    key = {"X-API-Key": run("create", "ci", "--scope", "admin").stdout.strip()}
    client = Client(application(mallard))
    assert client.get("/api/keys", headers=key).status_code == 200
    listed = run("list").stdout
    assert "Admin" in listed and "last used 2026-03-18" in listed
    assert run("revoke", listed[:64]).exit_code == 0
    assert client.get("/api/keys", headers=key).status_code == 401


def test_keys_are_listed_and_revoked_by_the_beginning_of_their_hash(run):
    run("create", "first")
    run("create", "second")
    lines = run("list").stdout.splitlines()
    assert [line.split()[-1] for line in lines] == ["first", "second"]
    assert "first is revoked" in run("revoke", lines[0][:8].upper()).stderr
    assert "revoked" in run("list").stdout.splitlines()[0]
    assert "never used" in run("list").stdout.splitlines()[1]


@pytest.mark.parametrize(
    ("key_hash", "said"),
    [("0" * 64, "0 keys begin so"), ("abc", "at least 8 characters"), ("", "8")],
)
def test_a_hash_that_is_none_revokes_nothing(run, key_hash: str, said: str):
    run("create", "first")
    result = run("revoke", key_hash)
    assert result.exit_code == 1
    assert said in result.stderr
    assert "revoked" not in run("list").stdout


@pytest.mark.parametrize("with_server", [False, True])
def test_a_bad_name_is_said_in_one_line(run, with_server: bool, request: pytest.FixtureRequest):
    if with_server:
        request.getfixturevalue("control")
    result = run("create", "x" * 129)
    assert result.exit_code == 1
    assert result.stderr == "Error: name must be 1 to 128 printable characters\n"


@pytest.mark.parametrize("scope", [*Scope])
@pytest.mark.parametrize("spelled", [str, str.lower])
def test_every_scope_is_taken_as_the_documents_spell_it(
    run, scope: Scope, spelled: Callable[[str], str]
):
    made = run("create", "ci", "--scope", spelled(scope.value))
    assert made.exit_code == 0, made.output
    assert f"ci, {scope.value}:" in made.stderr
    assert scope.value in run("create", "--help").output


def test_an_unknown_scope_is_a_mistake_of_the_command_line(run):
    assert run("create", "ci", "--scope", "root").exit_code == 2


@pytest.mark.parametrize("arguments", [("list",), ("revoke", "0" * 64)])
def test_where_there_is_no_data_nothing_is_made(run, data_dir: Path, arguments: tuple[str, ...]):
    result = run(*arguments)
    assert result.exit_code == 1
    assert "there is no data in" in result.stderr
    assert not data_dir.exists()


@pytest.mark.parametrize("name", ["api_keys.json", "password"])
def test_a_file_of_credentials_that_cannot_be_read_stops_the_start(
    data_dir: Path, name: str, caplog
):
    data_dir.mkdir()
    (data_dir / name).write_text("garbage")
    assert serve(Settings(data_dir=data_dir, host="127.0.0.1", port=0)) == 1
    assert (data_dir / name).read_text() == "garbage"


def test_a_command_does_not_overwrite_keys_that_it_cannot_read(run, data_dir: Path):
    data_dir.mkdir()
    (data_dir / "api_keys.json").write_text("garbage")
    result = run("create", "ci")
    assert result.exit_code == 1
    assert "it is no list of API keys" in result.stderr
    assert (data_dir / "api_keys.json").read_text() == "garbage"


def test_keys_of_people_and_for_some_sites_are_listed_and_revoked_like_others(
    run, mallard: Mallard, control: ControlServer
):
    made = mallard.access.keys.create("nightly", "ReadOnly", "4f2a", ["example.com"])
    listed = run("list")
    assert listed.exit_code == 0 and "nightly" in listed.stdout
    assert run("revoke", made.key_hash[:12]).exit_code == 0
    assert mallard.access.keys.find(made.key) is None


def test_what_is_done_on_the_command_line_is_on_the_list_of_who_did_what(
    run, data_dir: Path, clock
):
    assert run("create", "ci").exit_code == 0
    assert run("revoke", ApiKeys(Files(data_dir), clock).all()[0].key_hash).exit_code == 0
    found = [(one.who, one.what, one.of) for one in open_audit(data_dir, clock).latest(9)]
    assert found == [
        ("the command line", "revoked an API key", "ci"),
        ("the command line", "made an API key", "ci"),
    ]
