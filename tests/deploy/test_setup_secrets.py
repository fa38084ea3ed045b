"""deploy/.env as setup.sh makes it: complete, closed, and never changed behind one's back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deploy.files import example_of_env
from tests.deploy.machines import GIVEN, Machine

pytestmark = pytest.mark.thorough

SECRETS = ("MALLARD_SECRET", "MALLARD_ADMIN_PASSWORD", "MALLARD_METRICS_TOKEN")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def values(machine: Machine) -> dict[str, str]:
    lines = machine.settings.read_text("utf-8").splitlines()
    pairs = [line.split("=", 1) for line in lines if line and not line.startswith("#")]
    return {name: value for name, value in pairs}


def test_what_is_given_and_what_is_made_is_in_the_file(machine: Machine) -> None:
    assert machine.setup("--step", "secrets", **GIVEN).returncode == 0
    found = values(machine)
    assert (found["DOMAIN"], found["ACME_EMAIL"]) == (GIVEN["MM_DOMAIN"], GIVEN["MM_EMAIL"])
    assert found["CLOUDFLARE_API_TOKEN"] == GIVEN["MM_CF_TOKEN"]
    assert all(len(found[name]) >= 32 for name in SECRETS)
    # Compose would take a dollar sign for a variable.
    assert not any("$" in value for value in found.values())
    assert list(found) == list(example_of_env())
    assert machine.settings.stat().st_mode & 0o777 == 0o600


def test_nobody_else_has_the_same_secrets(tmp_path: Path) -> None:
    one, other = Machine(tmp_path / "one"), Machine(tmp_path / "other")
    for machine in (one, other):
        assert machine.setup("--step", "secrets", **GIVEN).returncode == 0
    assert all(values(one)[name] != values(other)[name] for name in SECRETS)


def test_what_is_set_stays_and_what_is_added_is_completed(machine: Machine) -> None:
    mine = "MALLARD_ADMIN_PASSWORD='a $& | \\ password'\nMALLARD_LOG_LEVEL=debug\n"
    machine.settings.write_text(f"# mine\nDOMAIN=old.example.org\nMALLARD_SECRET=\n{mine}")
    assert machine.setup("--step", "secrets", **GIVEN).returncode == 0
    found = values(machine)
    assert found["MALLARD_ADMIN_PASSWORD"] == "'a $& | \\ password'"
    assert found["MALLARD_LOG_LEVEL"] == "debug"
    assert found["DOMAIN"] == GIVEN["MM_DOMAIN"]
    assert found["MALLARD_SECRET"]
    assert machine.settings.read_text().startswith("# mine\n")


def test_the_second_time_nothing_has_to_be_given(machine: Machine) -> None:
    assert machine.setup("--step", "secrets", **GIVEN).returncode == 0
    before = machine.settings.read_bytes()
    assert machine.setup("--step", "secrets").returncode == 0
    assert machine.settings.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("MM_DOMAIN", value) for value in ("", "localhost", "https://a.example", "a.example;x")],
        *[("MM_EMAIL", value) for value in ("", "nobody", "a b@example.org", 'a"@example.org')],
        *[("MM_CF_TOKEN", value) for value in ("", "a token", "$(id)")],
    ],
)
def test_what_is_missing_or_wrong_is_said_and_nothing_is_written(
    machine: Machine, name: str, value: str
) -> None:
    done = machine.setup("--step", "secrets", **(GIVEN | {name: value}))
    assert done.returncode == 1
    assert (value or name) in done.stderr
    assert not [path for path in machine.deploy.glob(".env*") if path.name != ".env.example"]
