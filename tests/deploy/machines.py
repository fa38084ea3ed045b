"""A server that setup.sh sets up: a root directory of its own, and programs that stand in."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from tests.deploy.files import DEPLOY

STAND_INS = (
    *("apt-get", "chmod", "chown", "cryptsetup", "curl", "dd", "docker", "e2fsck", "fallocate"),
    *("getent", "id", "install", "lynis", "mkfs.ext4", "mount", "mountpoint", "mv", "resize2fs"),
    *("rm", "sshd", "sysctl", "systemctl", "ufw", "umount"),
)
GIVEN = {
    "MM_DOMAIN": "stats.example.org",
    "MM_EMAIL": "admin@example.org",
    "MM_CF_TOKEN": "a-token_1",
}
RELEASES = {
    "debian-12": ("debian", "12", "bookworm", "Debian GNU/Linux 12 (bookworm)"),
    "ubuntu-22.04": ("ubuntu", "22.04", "jammy", "Ubuntu 22.04.5 LTS"),
    "ubuntu-24.04": ("ubuntu", "24.04", "noble", "Ubuntu 24.04.3 LTS"),
}


class Machine:
    """A new server with the repository's deploy/ on it."""

    def __init__(self, base: Path, release: str = "debian-12") -> None:
        self.root = base / "root"
        self.deploy = base / "mallard" / "deploy"
        self._programs = base / "programs"
        self._release = base / "os-release"
        shutil.copytree(DEPLOY, self.deploy, ignore=shutil.ignore_patterns(".env"))
        for directory in ("etc", "home/deploy/.ssh", "usr/local/sbin"):
            (self.root / directory).mkdir(parents=True)
        self._programs.mkdir()
        for name in STAND_INS:
            (self._programs / name).symlink_to(Path(__file__).parent / "stand_in.sh")
        self._release.write_text(os_release(release))
        self.give_a_key()

    @property
    def settings(self) -> Path:
        return self.deploy / ".env"

    def give_a_key(self) -> None:
        """Lets the user `deploy` in by SSH."""
        key = self.root / "home" / "deploy" / ".ssh" / "authorized_keys"
        made = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)]
        subprocess.run(made, check=True)
        key.with_suffix(".pub").replace(key)

    def setup(self, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """What setup.sh says; nobody is there to be asked."""
        surroundings = {
            name: value for name, value in os.environ.items() if not name.startswith("MM_")
        }
        return subprocess.run(
            ["bash", str(self.deploy / "setup.sh"), *options],
            env=surroundings
            | {"PATH": f"{self._programs}:{os.environ['PATH']}:/usr/sbin:/sbin"}
            | {"MM_ROOT": str(self.root), "MM_OS_RELEASE": str(self._release)}
            | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def asked(self) -> list[str]:
        """What the programs that stand in were asked for, and from now on anew."""
        file = self.root / ".asked"
        lines = file.read_text().splitlines()
        file.write_text("")
        return [line.replace(str(self.root), "").replace(str(self.deploy), "") for line in lines]

    def contents(self) -> dict[str, str]:
        """Every file of the server, and what it holds."""
        return {
            str(path): hashlib.sha256(path.read_bytes()).hexdigest() + oct(path.stat().st_mode)
            for place in (self.root, self.deploy)
            for path in sorted(place.rglob("*"))
            if path.is_file() and path.name != ".asked"
        }


def os_release(release: str) -> str:
    name, version, codename, pretty = RELEASES[release]
    return (
        f'PRETTY_NAME="{pretty}"\nID={name}\nVERSION_ID="{version}"\nVERSION_CODENAME={codename}\n'
    )
