#!/usr/bin/env bash
# Writes an encrypted backup of the running Mallard, and keeps the newest ones.
#
#   sudo bash deploy/backup.sh
#
# MM_BACKUP_DIR (/srv/mallard/backup) is where, MM_BACKUP_KEEP (14) how many are kept. To copy them
# to another machine: rsync -a /srv/mallard/backup/ there:mallard/
# shellcheck source=deploy/setup/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup/common.sh"
umask 077

backups=${MM_BACKUP_DIR:-$home/backup}
keep=${MM_BACKUP_KEEP:-14}
passphrase=$root/etc/mallard-backup.key
file=$backups/mallard-$(date -u +%Y%m%dT%H%M%SZ).tar.gz.gpg
[[ $keep =~ ^[1-9][0-9]*$ ]] || stop "MM_BACKUP_KEEP is how many are kept, 1 or more, not \"$keep\""
[ -s "$passphrase" ] || stop "$passphrase is missing; first do setup.sh --step backup"
mkdir -p "$backups"
find "$backups" -maxdepth 1 -name '.mallard-*.partial' -delete

# Under its name only what is whole.
partial=$backups/.${file##*/}.partial
trap 'rm -f "$partial"' EXIT
compose exec -T mallard mallard backup - | gzip | gpg --batch --quiet --pinentry-mode loopback \
    --no-symkey-cache --passphrase-file "$passphrase" --cipher-algo AES256 --compress-algo none \
    --output "$partial" --symmetric
# What cannot be read again, up to the list that is its end, is no backup.
end=$(gpg --batch --quiet --pinentry-mode loopback --no-symkey-cache \
    --passphrase-file "$passphrase" --decrypt "$partial" | tar -tz | tail -n 1)
[ "$end" = mallard-backup.json ] || stop "the backup was cut short, and is thrown away"
sync "$partial"
mv "$partial" "$file"
says "$file: $(stat -c %s "$file") bytes"

find "$backups" -maxdepth 1 -name 'mallard-*.tar.gz.gpg' -printf '%f\n' | sort -r |
    tail -n "+$((keep + 1))" | while IFS= read -r old; do
    rm "$backups/$old"
    says "$old: removed, $keep newer ones are there"
done
