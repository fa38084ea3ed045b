#!/usr/bin/env bash
# Puts a backup in the place of what Mallard holds now.
#
#   sudo bash deploy/restore.sh /srv/mallard/backup/mallard-20260101T023000Z.tar.gz.gpg
#
# The backup is unpacked and checked first: a damaged one changes nothing. Mallard is stopped
# meanwhile and started again, whatever happens.
# shellcheck source=deploy/setup/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup/common.sh"

file=${1:?name the backup, as in /srv/mallard/backup/mallard-20260101T023000Z.tar.gz.gpg}
passphrase=$root/etc/mallard-backup.key
[ -r "$file" ] || stop "$file cannot be read"
[ -s "$passphrase" ] || stop "$passphrase is missing: put back the copy that you have kept"

compose stop mallard
trap 'compose start mallard' EXIT
gpg --batch --quiet --pinentry-mode loopback --no-symkey-cache --passphrase-file "$passphrase" \
    --decrypt "$file" | compose run --rm --no-deps -T mallard restore --force -
says "Restored from $file."
