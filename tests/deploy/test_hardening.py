"""What setup.sh writes for other programs, read by these programs themselves."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy.files import DEPLOY
from tests.deploy.machines import GIVEN, Machine

pytestmark = pytest.mark.thorough

SSH = {
    "permitrootlogin": "no",
    "passwordauthentication": "no",
    "kbdinteractiveauthentication": "no",
    "maxauthtries": "3",
    "logingracetime": "30",
    "clientaliveinterval": "300",
    "allowagentforwarding": "no",
    "allowtcpforwarding": "no",
    "x11forwarding": "no",
}
KERNEL = {
    "net.ipv4.tcp_syncookies": "1",
    "net.ipv4.conf.all.rp_filter": "1",
    "net.ipv4.conf.all.accept_redirects": "0",
    "kernel.dmesg_restrict": "1",
    "kernel.unprivileged_bpf_disabled": "1",
    "net.core.bpf_jit_harden": "2",
    "fs.suid_dumpable": "0",
}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    machine = Machine(tmp_path_factory.mktemp("machine"))
    done = machine.setup(**GIVEN)
    assert done.returncode == 0, done.stdout + done.stderr
    return machine


def said(*command: str | Path) -> str:
    """What a program says; it must be content."""
    paths = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    done = subprocess.run(
        list(map(str, command)),
        env=os.environ | {"PATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_sshd_does_as_documented_whatever_cloud_images_say(machine: Machine) -> None:
    drop_ins = machine.root / "etc" / "ssh" / "sshd_config.d"
    (drop_ins / "50-cloud-init.conf").write_text("PasswordAuthentication yes\n")
    host_key = machine.root / "etc" / "ssh" / "key"
    subprocess.run(["ssh-keygen", "-q", "-N", "", "-f", str(host_key)], check=True)
    settings = machine.root / "etc" / "ssh" / "sshd_config"
    settings.write_text(
        f"Include {drop_ins}/*.conf\nHostKey {host_key}\nPermitRootLogin yes\nX11Forwarding yes\n"
    )
    sshd = shutil.which("sshd", path="/usr/sbin:/sbin:/usr/bin")
    assert sshd, "sshd is missing"
    effective = dict(
        line.split(" ", 1) for line in said(sshd, "-T", "-f", settings).splitlines() if " " in line
    )
    assert {name: effective[name] for name in SSH} == SSH


def test_fail2ban_takes_the_jails_as_documented(machine: Machine, tmp_path: Path) -> None:
    settings = tmp_path / "fail2ban"
    shutil.copytree("/etc/fail2ban", settings, symlinks=True)
    shutil.copytree(machine.root / "etc" / "fail2ban", settings, dirs_exist_ok=True)
    jails = settings / "jail.d" / "mallard.conf"
    log = machine.root / "srv" / "mallard" / "logs" / "caddy-access.log"
    assert log.exists()
    jails.write_text(jails.read_text().replace("/srv/mallard/logs/caddy-access.log", str(log)))
    dumped = said("fail2ban-client", "-c", settings, "-d").splitlines()
    for jail in ("sshd", "mallard-login"):
        assert f"['set', '{jail}', 'maxretry', 5]" in dumped
        assert f"['set', '{jail}', 'bantime', '1h']" in dumped
        assert f"['start', '{jail}']" in dumped
    assert f"['set', 'mallard-login', 'addlogpath', '{log}', 'head']" in dumped
    assert any("DOCKER-USER" in line for line in dumped)


def test_the_jail_reads_the_log_that_compose_lets_caddy_write() -> None:
    mounted = "- /srv/mallard/logs:/var/log/caddy\n"
    assert mounted in (DEPLOY / "docker-compose.production.yml").read_text("utf-8")
    assert "{$CADDY_LOG:/var/log/caddy/caddy-access.log}" in (DEPLOY / "Caddyfile").read_text()
    assert "/srv/mallard/logs/caddy-access.log" in (DEPLOY / "fail2ban" / "jail.conf").read_text()


def test_apt_upgrades_by_itself(machine: Machine) -> None:
    file = machine.root / "etc" / "apt" / "apt.conf.d" / "20auto-upgrades"
    settings = said("apt-config", "-c", file, "dump")
    assert 'APT::Periodic::Unattended-Upgrade "1";' in settings
    assert 'APT::Periodic::Update-Package-Lists "1";' in settings


def test_the_kernel_is_told_what_is_documented(machine: Machine) -> None:
    file = machine.root / "etc" / "sysctl.d" / "99-mallard-hardening.conf"
    settings = dict(line.split(" = ") for line in file.read_text().splitlines())
    assert {name: settings[name] for name in KERNEL} == KERNEL


def test_cron_looks_the_server_over_on_sundays_and_backs_up_every_night(machine: Machine) -> None:
    schedules = machine.root / "etc" / "cron.d"
    assert "\n0 3 * * 0 root " in (schedules / "mallard-audit").read_text()
    assert f"\n30 2 * * * root bash {machine.deploy}/backup.sh " in (
        (schedules / "mallard-backup").read_text()
    )
    # cron takes only files without a dot in their names, that nobody else can write.
    assert all("." not in path.name for path in schedules.iterdir())
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in schedules.iterdir())
