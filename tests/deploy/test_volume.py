"""The steps of the encrypted volume: wherever the power goes, none loses a volume or its key."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deploy.machines import Machine

pytestmark = pytest.mark.thorough

COMMANDS = 19
"""How many commands the step has on a new server, as the dry run lists them."""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def volume(machine: Machine) -> str:
    """What the volume holds: which key opens it, and what was made in it."""
    return (machine.root / "srv" / "mallard" / "data.img").read_text()


def is_complete(machine: Machine) -> bool:
    lines = (machine.root / "etc" / "fstab").read_text().splitlines()
    return (
        volume(machine).endswith("a file system\n")
        and (machine.root / ".mounted").exists()
        and len(lines) == 1
        and not list(machine.root.rglob("*.new"))
    )


@pytest.mark.parametrize("number", range(1, COMMANDS + 12))
def test_it_goes_on_wherever_it_was_cut_short(machine: Machine, number: int) -> None:
    cut = machine.setup("--step", "luks", POWER_GOES_AT=str(number))
    (machine.root / ".asked").unlink()
    there = machine.root / "srv" / "mallard" / "data.img"
    before = there.read_text() if there.exists() else None
    again = machine.setup("--step", "luks")
    assert again.returncode == 0, cut.stdout + again.stdout + again.stderr
    assert is_complete(machine)
    assert before in (None, volume(machine))
    # What is asked besides those commands is whether something is there already.
    assert cut.returncode or number > COMMANDS


def test_a_volume_is_never_made_again(machine: Machine) -> None:
    assert machine.setup("--step", "luks").returncode == 0
    before = volume(machine)
    (machine.root / ".mounted").unlink()  # as after a start of the server
    (machine.root / "dev" / "mapper" / "mallard-data").unlink()
    machine.asked()
    assert machine.setup("--step", "luks").returncode == 0
    assert volume(machine) == before
    assert not any("luksFormat" in line or "mkfs" in line for line in machine.asked())
    assert is_complete(machine)


def test_a_volume_without_its_key_is_left_alone(machine: Machine) -> None:
    assert machine.setup("--step", "luks").returncode == 0
    before = volume(machine)
    (machine.root / "etc" / "mallard-data.key").unlink()
    done = machine.setup("--step", "luks")
    assert done.returncode == 1
    assert "put it back first" in done.stderr
    assert volume(machine) == before


def test_what_does_not_fit_says_so(machine: Machine) -> None:
    done = machine.setup("--step", "luks", FAILING="fallocate*")
    assert done.returncode == 1
    assert "MM_VOLUME_SIZE" in done.stderr
    assert not list((machine.root / "srv" / "mallard").iterdir())


def test_the_key_is_random_and_roots_alone(tmp_path: Path) -> None:
    one, other = Machine(tmp_path / "one"), Machine(tmp_path / "other")
    keys = [machine.root / "etc" / "mallard-data.key" for machine in (one, other)]
    assert one.setup("--step", "luks").returncode == other.setup("--step", "luks").returncode == 0
    assert [key.stat().st_mode & 0o777 for key in keys] == [0o400, 0o400]
    assert [key.stat().st_size for key in keys] == [64, 64]
    assert keys[0].read_bytes() != keys[1].read_bytes()


def test_a_resize_is_refused_when_it_would_cut_off_data(machine: Machine) -> None:
    assert machine.setup("--step", "luks").returncode == 0
    with (machine.root / "srv" / "mallard" / "data.img").open("r+b") as file:
        file.truncate(2 << 20)
    machine.asked()
    done = machine.setup("--step", "resize", MM_VOLUME_SIZE="1M")
    assert done.returncode == 1
    assert "not made smaller" in done.stderr
    assert machine.asked() == []


def test_a_resize_stops_what_runs_and_starts_it_again(machine: Machine) -> None:
    assert machine.setup("--step", "luks").returncode == 0
    (machine.root / ".runs").touch()
    assert machine.setup("--step", "resize", MM_VOLUME_SIZE="30G").returncode == 0
    commands = [line.partition(" ")[0] for line in machine.asked()][-9:]
    assert (machine.root / ".runs").exists()
    assert (machine.root / ".mounted").exists()
    assert commands[-1] == "docker"
    (machine.root / ".runs").unlink()
    assert machine.setup("--step", "resize", MM_VOLUME_SIZE="40G").returncode == 0
    assert not (machine.root / ".runs").exists()
