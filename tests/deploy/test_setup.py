"""setup.sh: what it would do, that it may be repeated, and how it goes on after a failure."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.deploy.files import DEPLOY, ROOT, checked
from tests.deploy.machines import GIVEN, RELEASES, Machine

pytestmark = pytest.mark.thorough

EXPECTED = Path(__file__).parent / "dry_runs"
ONCE = ("luksFormat", "mkfs.ext4", "dd ", "fallocate", "docker-ce", "keyrings", "curl -")
STEPS = [
    *("check", "updates", "ssh", "firewall", "fail2ban", "kernel"),
    *("docker", "luks", "audit", "secrets", "start", "backup"),
]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_shellcheck_finds_nothing() -> None:
    scripts = [*DEPLOY.rglob("*.sh"), *(ROOT / ".ci").iterdir(), *ROOT.glob("tests/deploy/*.sh")]
    checked("shellcheck", "--external-sources", "--source-path=SCRIPTDIR", *scripts)


@pytest.mark.parametrize("release", RELEASES)
def test_a_dry_run_shows_every_command_and_changes_nothing(tmp_path: Path, release: str) -> None:
    machine = Machine(tmp_path, release)
    before = machine.contents()
    done = machine.setup("--dry-run")
    shown = done.stdout.replace(str(machine.root), "").replace(str(machine.deploy), "DEPLOY")
    assert (done.returncode, done.stderr) == (0, "")
    assert shown == (EXPECTED / f"{release}.txt").read_text("utf-8")
    assert machine.contents() == before
    assert not (machine.root / ".asked").exists()


def test_a_dry_run_of_a_resize_shows_it_too(machine: Machine) -> None:
    done = machine.setup("--dry-run", "--step", "resize", MM_VOLUME_SIZE="30G")
    shown = done.stdout.replace(str(machine.root), "").replace(str(machine.deploy), "DEPLOY")
    assert shown == (EXPECTED / "resize.txt").read_text("utf-8")
    assert not (machine.root / ".asked").exists()


def test_all_steps_are_done_twice_and_the_second_time_changes_nothing(machine: Machine) -> None:
    first = machine.setup(**GIVEN)
    assert first.returncode == 0, first.stdout + first.stderr
    assert [line[3:] for line in first.stdout.splitlines() if line.startswith("== ")] == STEPS
    asked, contents = machine.asked(), machine.contents()
    assert "ufw allow 2222/tcp" in asked

    second = machine.setup(**GIVEN)
    assert second.returncode == 0, second.stdout + second.stderr
    assert machine.contents() == contents
    again = machine.asked()
    for word in ONCE:
        assert any(word in line for line in asked)
        assert not any(word in line for line in again)


@pytest.mark.parametrize("step", STEPS)
def test_each_step_can_be_done_alone_and_again(machine: Machine, step: str) -> None:
    assert machine.setup(**GIVEN).returncode == 0
    contents = machine.contents()
    for _ in range(2):
        done = machine.setup("--step", step)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.splitlines()[0] == f"== {step}"
        assert len(done.stdout.splitlines()) > 1
    assert machine.contents() == contents


def test_a_failed_step_says_how_to_go_on(machine: Machine) -> None:
    failed = machine.setup(FAILING="docker*build", **GIVEN)
    assert failed.returncode == 1
    assert 'The step "start" failed' in failed.stderr
    assert "sudo bash deploy/setup.sh --from start" in failed.stderr
    assert "== backup" not in failed.stdout
    rest = machine.setup("--from", "start")
    assert rest.returncode == 0, rest.stdout + rest.stderr
    assert [line for line in rest.stdout.splitlines() if line.startswith("==")] == [
        "== start",
        "== backup",
    ]


@pytest.mark.parametrize("step", STEPS)
def test_a_failure_in_any_step_ends_it(machine: Machine, step: str) -> None:
    failing = {
        **{"check": "id*", "updates": "apt-get upgrade*", "ssh": "systemctl*ssh"},
        **{"firewall": "ufw --force*", "fail2ban": "systemctl restart*", "kernel": "sysctl*"},
        **{"docker": "curl*", "luks": "cryptsetup luksFormat*", "audit": "apt-get*lynis"},
        **{"start": "docker*up*", "backup": "install*backup"},
    }
    variables = {"FAILING": failing[step]} if step in failing else {"MM_DOMAIN": "no domain"}
    done = machine.setup(**(GIVEN | variables))
    assert done.returncode == 1
    assert f"--from {step}" in done.stderr


@pytest.mark.parametrize("arguments", [["--step", "nonsense"], ["--from", "resize"], ["--what"]])
def test_what_it_does_not_know_it_does_not_do(machine: Machine, arguments: list[str]) -> None:
    done = machine.setup(*arguments)
    assert done.returncode == 2
    assert "Error: " in done.stderr
    assert not (machine.root / ".asked").exists()


def test_it_lists_its_steps(machine: Machine) -> None:
    assert machine.setup("--list").stdout.split() == [*STEPS, "resize"]


def test_another_system_is_left_alone(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    (tmp_path / "os-release").write_text('ID=fedora\nVERSION_ID=44\nPRETTY_NAME="Fedora 44"\n')
    done = machine.setup(**GIVEN)
    assert done.returncode == 1
    assert "this is Fedora 44" in done.stderr
    assert "== updates" not in done.stdout


def test_nobody_is_locked_out(machine: Machine) -> None:
    (machine.root / "home" / "deploy" / ".ssh" / "authorized_keys").write_text("")
    done = machine.setup(**GIVEN)
    assert done.returncode == 1
    assert "ssh-copy-id" in done.stderr
    assert "== updates" not in done.stdout


def test_settings_that_sshd_refuses_are_taken_back(machine: Machine) -> None:
    done = machine.setup("--step", "ssh", FAILING="sshd -t")
    assert done.returncode == 1
    assert not list((machine.root / "etc" / "ssh" / "sshd_config.d").iterdir())
    assert not any(line.startswith("systemctl") for line in machine.asked())


def test_the_password_is_shown_at_the_end_and_in_no_step(machine: Machine) -> None:
    done = machine.setup(**GIVEN)
    values = dict(
        line.split("=", 1)
        for line in machine.settings.read_text().splitlines()
        if "=" in line and not line.startswith("#")
    )
    assert values["MALLARD_ADMIN_PASSWORD"] in done.stdout
    assert values["MALLARD_SECRET"] not in done.stdout
    assert values["MALLARD_ADMIN_PASSWORD"] not in machine.setup("--step", "secrets").stdout


def test_setup_is_run_by_bash() -> None:
    for script in (DEPLOY / "setup.sh", DEPLOY / "backup.sh", DEPLOY / "restore.sh"):
        assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
