#!/usr/bin/env bash
# Stands in for a program that changes a whole machine. What it was asked for is in $MM_ROOT/.asked;
# what the machine is like from then on, as far as setup.sh looks, is in files under $MM_ROOT.
set -eu
name=${0##*/}
place=$(dirname "$0")
printf '%s\n' "$name${*:+ $*}" >>"$MM_ROOT/.asked"
last=${*: -1}
mappers=$MM_ROOT/dev/mapper

# At the command of that number the power goes.
[ "$(wc -l <"$MM_ROOT/.asked")" != "${POWER_GOES_AT:-0}" ] || kill -9 "$PPID"
# This command fails.
# shellcheck disable=SC2254 # it is a pattern
case "$name $*" in ${FAILING:-nothing}) exit 1 ;; esac

the_real_one() {
    PATH=${PATH#"$place":} exec "$name" "$@"
}

case "$name $*" in
    "id -u") echo 0 ;;
    "getent group sudo") echo "sudo:x:27:deploy" ;;
    "getent passwd deploy") echo "deploy:x:1000:1000::$MM_ROOT/home/deploy:/bin/bash" ;;
    "sshd -T") printf 'port 2222\npasswordauthentication no\n' ;;
    "docker compose version") [ -e "$MM_ROOT/.has-docker" ] ;;
    "docker --version") echo "Docker version 29" ;;
    "docker compose "*" up "*) touch "$MM_ROOT/.runs" ;;
    "docker compose "*" down") rm -f "$MM_ROOT/.runs" ;;
    "docker compose "*" ps -q") [ ! -e "$MM_ROOT/.runs" ] || echo 1234 ;;
    "apt-get install "*" docker-ce "*) touch "$MM_ROOT/.has-docker" ;;
    "curl "*) touch "$last" ;;
    "lynis "*) echo "A finding." && exit 1 ;;
    "fallocate "*) touch "$last" ;;
    "cryptsetup luksFormat "*) sha256sum <"${*: -2:1}" >"$last" ;;
    "cryptsetup open "*)
        [ "$(head -n 1 "${*: -2:1}")" = "$(sha256sum <"${*: -3:1}")" ]
        mkdir -p "$mappers"
        ln -s "${*: -2:1}" "$mappers/$last"
        ;;
    "cryptsetup close "*) rm "$mappers/$last" ;;
    "mkfs.ext4 "*) echo "a file system" >>"$last" ;;
    "mountpoint "*) [ -e "$MM_ROOT/.mounted" ] ;;
    "mount "*) grep -q "a file system" "$1" && touch "$MM_ROOT/.mounted" ;;
    "umount "*) rm "$MM_ROOT/.mounted" ;;
    install* | dd* | mv* | rm* | chmod*) the_real_one "$@" ;;
esac
