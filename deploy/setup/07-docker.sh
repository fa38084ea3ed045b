# shellcheck shell=bash
# Docker and its Compose, as Docker itself packages them.
# shellcheck source=deploy/setup/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

if already docker compose version; then
    did "Docker is there: $(docker --version)."
    exit
fi

# shellcheck source=/dev/null
. "${MM_OS_RELEASE:-/etc/os-release}"
keyring=$root/etc/apt/keyrings/docker.asc
there=https://download.docker.com/linux/$ID
run install -d -m 0755 "$root/etc/apt/keyrings"
run curl -fsSL "$there/gpg" -o "$keyring"
run chmod 0644 "$keyring"
put 0644 "$root/etc/apt/sources.list.d/docker.list" <<END
deb [signed-by=/etc/apt/keyrings/docker.asc] $there $VERSION_CODENAME stable
END
run apt-get update -q
install_packages docker-ce docker-ce-cli containerd.io docker-buildx-plugin docker-compose-plugin
run systemctl enable --now docker
did "Docker is installed and starts with the server."
