# shellcheck shell=bash
# Everything up to date, and kept so.
# shellcheck source=deploy/setup/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

run apt-get update -q
run apt-get upgrade -y -q -o Dpkg::Options::=--force-confold
install_packages ca-certificates cron cryptsetup curl fail2ban gnupg openssh-server openssl \
    python3-systemd ufw unattended-upgrades

put 0644 "$root/etc/apt/apt.conf.d/20auto-upgrades" <<'END'
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
END
did "Packages are up to date; security updates come by themselves every day."
