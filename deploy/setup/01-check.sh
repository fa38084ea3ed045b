# shellcheck shell=bash
# Is this a server that the other steps know, and can its owner still get in afterwards?
# shellcheck source=deploy/setup/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# shellcheck source=/dev/null
. "${MM_OS_RELEASE:-/etc/os-release}"
case "$ID $VERSION_ID" in
    "debian 12" | "debian 13" | "ubuntu 22.04" | "ubuntu 24.04") ;;
    *) stop "this is $PRETTY_NAME; Debian 12 and 13, Ubuntu 22.04 and 24.04 are known" ;;
esac
says "This is $PRETTY_NAME."

# From the step "ssh" on, nobody gets in by a password, and root not at all.
gets_in() {
    local user=$1 home_of
    home_of=$(getent passwd "$user" | cut -d: -f6)
    ssh-keygen -l -f "$home_of/.ssh/authorized_keys" >/dev/null 2>&1
}

if [ -n "$dry_run" ]; then
    says "Would look for a user with sudo and an SSH key."
    exit
fi
[ "$(id -u)" = 0 ] || stop "run this as root: sudo bash deploy/setup.sh"

candidates=("${SUDO_USER:-}")
IFS=, read -r -a members <<<"$(getent group sudo | cut -d: -f4)"
candidates+=("${members[@]}")
for user in "${candidates[@]}"; do
    [ -n "$user" ] && [ "$user" != root ] || continue
    if gets_in "$user"; then
        says "$user can use sudo and has an SSH key: they will get in."
        if [ -t 0 ] && [ -z "${MM_DOMAIN:-}" ]; then
            read -r -p "Have you signed in as $user with that key? [y/N] " answer
            [[ $answer == [yY]* ]] || stop "try that first: ssh $user@this-server"
        fi
        exit
    fi
done
stop "no user but root can use sudo and has a key in ~/.ssh/authorized_keys. Without one you would" \
    "be locked out, since root and passwords are turned away. Make one: adduser deploy;" \
    "usermod -aG sudo deploy; and from your own machine: ssh-copy-id deploy@this-server"
