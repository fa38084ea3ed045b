"""The command line: what is called, what is printed, which exit code."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import structlog
from click.testing import CliRunner, Result

from mallard import __version__, cli, logs
from mallard.app import offline, utc_now
from mallard.config import DECLARED, IN_TABLES, Settings
from mallard.model import MallardError
from mallard.reports.query import ALL_TIME

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No MALLARD_* variable of the developer reaches a test, and logging stays as it is."""
    for declaration in (*DECLARED, *IN_TABLES):
        for name in declaration.variables:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("MALLARD_CONFIG", raising=False)
    monkeypatch.setattr(logs, "configure", lambda *_: None)
    monkeypatch.chdir(tmp_path)
    yield
    structlog.reset_defaults()


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The settings that `serve` was called with; it answers with exit code 1."""
    calls: list[Any] = []

    def serve(settings: Any) -> int:
        calls.append(settings)
        return 1

    module = ModuleType("mallard.server")
    vars(module)["serve"] = serve
    monkeypatch.setitem(sys.modules, "mallard.server", module)
    return calls


@pytest.fixture
def filled(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What `demo` asked to be filled."""
    calls: list[Any] = []

    def fill(data_dir: Path, events: int, days: int, seed: int, progress: Any) -> None:
        progress(events)
        calls.append((data_dir, events, days, seed))

    module = ModuleType("mallard.demo")
    vars(module)["fill"] = fill
    monkeypatch.setitem(sys.modules, "mallard.demo", module)
    return calls


def mallard(*arguments: str, **variables: str) -> Result:
    return CliRunner().invoke(cli.main, arguments, env=variables)


@pytest.mark.parametrize("arguments", [["serve", "m.toml"], ["m.toml"], ["./m.toml"]])
def test_a_settings_file_alone_serves(served: list[Any], arguments: list[str]):
    Path("m.toml").write_text("port = 9000")
    result = mallard(*arguments)
    assert [settings.port for settings in served] == [9000]
    assert result.exit_code == 1


def test_no_argument_serves_with_the_file_of_the_variable_or_the_defaults(served: list[Any]):
    Path("m.toml").write_text("port = 9000")
    mallard()
    mallard(MALLARD_CONFIG="m.toml")
    assert [settings.port for settings in served] == [8000, 9000]


def test_bad_settings_end_with_code_2_and_one_line(served: list[Any]):
    result = mallard("serve", MALLARD_PORT="eighty")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "port: expected" in result.stderr
    assert served == []


def test_an_absent_file_ends_with_code_2(served: list[Any]):
    assert mallard("absent.toml").exit_code == 2
    assert served == []


def test_a_mistyped_command_is_not_taken_for_a_file(served: list[Any]):
    result = mallard("check-confg")
    assert result.exit_code == 2
    assert "No such command" in result.stderr


def test_check_config_prints_every_setting_its_value_and_origin():
    result = mallard("check-config", MALLARD_PORT="9000")
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [declaration.key for declaration in DECLARED]
    assert lines[1].split() == ["port", "9000", "environment"]
    assert lines[0].index("default") == lines[1].index("environment")
    assert result.exit_code == 0


def test_check_config_prints_the_tables_that_are_there(tmp_path: Path):
    path = tmp_path / "mallard.toml"
    path.write_text('[portal.projects.pets]\ngit = "https://git.example.org/pets"')
    lines = mallard("check-config", str(path), MALLARD_PORTAL_TOOLS="a,b").stdout.splitlines()
    shown = {line.split()[0]: line.split()[1:] for line in lines}
    assert shown["portal.site_id"] == ["portal", "default"]
    assert shown["portal.tools"] == ["a,", "b", "environment"]
    assert shown["portal.projects.pets.git"] == ["https://git.example.org/pets", "file"]


def test_check_config_hides_secrets():
    result = mallard("check-config", MALLARD_SECRET="hunter2hunter2hunter2")
    values = {line.split()[0]: line for line in result.stdout.splitlines()}
    assert "(hidden)" in values["secret"]
    assert "(not set)" in values["admin_password"]
    assert "hunter2" not in result.output


def test_check_config_warns_on_stderr():
    result = mallard("check-config", MALLARD_PROT="1")
    assert result.exit_code == 0
    assert result.stderr.startswith("warning: MALLARD_PROT")
    assert "MALLARD_PROT" not in result.stdout


def test_check_config_ends_with_code_2_on_a_mistake():
    Path("m.toml").write_text("prot = 1")
    result = mallard("check-config", "m.toml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert '"port"' in result.stderr


def test_demo_fills_an_absent_directory(filled: list[Any]):
    result = mallard("demo", "--data-dir", "there", "--events", "10", "--days", "3", "--seed", "5")
    assert result.exit_code == 0
    assert filled == [(Path("there"), 10, 3, 5)]


def test_demo_leaves_finished_figures():
    result = mallard("demo", "--data-dir", "there", "--events", "200", "--days", "3")
    assert result.exit_code == 0
    with offline(Settings(data_dir=Path("there")), utc_now) as made:
        assert made.store.days("garden.example", ALL_TIME)
        assert made.store.without_rollups() == []


@pytest.mark.parametrize("name", ["full", "full/file"])
def test_demo_leaves_a_directory_with_anything_in_it_alone(filled: list[Any], name: str):
    Path("full").mkdir()
    Path("full/file").touch()
    result = mallard("demo", "--data-dir", name)
    assert (result.exit_code, result.stderr.count("\n"), filled) == (1, 1, [])


def test_demo_says_in_one_line_why_it_cannot_fill(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: Any) -> None:
        raise MallardError("there is in use")

    monkeypatch.setitem(sys.modules, "mallard.demo", ModuleType("mallard.demo"))
    monkeypatch.setattr(sys.modules["mallard.demo"], "fill", refuse, raising=False)
    result = mallard("demo", "--data-dir", "there")
    assert (result.exit_code, result.stderr) == (1, "Error: there is in use\n")


def test_python_m_mallard_is_the_same_command():
    command = [sys.executable, "-m", "mallard", "--version"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout == f"mallard {__version__}\n"
